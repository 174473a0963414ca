namespace GpuStyle.CudaEmulator;

/// <summary>
/// PTX ISA, "Floating-Point Instructions"; the section of each is named as the instruction. Without a modifier they round to nearest even
/// and keep subnormal numbers. An assembler may fuse mul and add where neither has a rounding modifier; here they are always apart.
/// </summary>
internal static class FloatInstructions
{
    public static IEnumerable<(string Opcode, Decoder Decode)> All =>
    [
        // add
        ("add.f32", Binary<float, Canonical<Add<float>>>.Decode),
        ("add.f64", Binary<double, Add<double>>.Decode),
        // sub
        ("sub.f32", Binary<float, Canonical<Subtract<float>>>.Decode),
        ("sub.f64", Binary<double, Subtract<double>>.Decode),
        // mul
        ("mul.f32", Binary<float, Canonical<Multiply<float>>>.Decode),
        ("mul.f64", Binary<double, Multiply<double>>.Decode),
        // div
        ("div.rn.f32", Binary<float, Canonical<Divide<float>>>.Decode),
        ("div.rn.f64", Binary<double, Divide<double>>.Decode),
        // abs
        ("abs.f32", Unary<float, Magnitude<float>>.Decode),
        // neg
        ("neg.f32", Unary<float, Negate<float>>.Decode),
        ("neg.f64", Unary<double, Negate<double>>.Decode),
        // min, max: of a number and a NaN, the number; +0 is greater than -0
        ("min.f32", Lanes.Of((float a, float b) => CanonicalNaN.In(float.MinNumber(a, b)))),
        ("max.f32", Lanes.Of((float a, float b) => CanonicalNaN.In(float.MaxNumber(a, b)))),
        // rcp
        ("rcp.rn.f32", Unary<float, CanonicalUnary<Reciprocal<float>>>.Decode),
        ("rcp.rn.f64", Unary<double, Reciprocal<double>>.Decode),
        // sqrt
        ("sqrt.rn.f32", Unary<float, CanonicalUnary<Root<float>>>.Decode),
        ("sqrt.rn.f64", Unary<double, Root<double>>.Decode),
    ];
}
