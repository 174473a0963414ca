namespace GpuStyle.WeightsLoader;

/// <summary>Names of element types: those of the safetensors format, used for every container.</summary>
static class ElementTypes
{
    /// <summary>Bits per element, or 0 for a name that the format does not have.</summary>
    public static int Bits(string type) => type switch
    {
        "F4" => 4,
        "F6_E2M3" or "F6_E3M2" => 6,
        "BOOL" or "U8" or "I8" or "F8_E5M2" or "F8_E4M3" or "F8_E8M0" => 8,
        "U16" or "I16" or "F16" or "BF16" => 16,
        "U32" or "I32" or "F32" => 32,
        "U64" or "I64" or "F64" or "C64" => 64,
        _ => 0,
    };

    /// <summary>Whether <see cref="TensorFile.ReadFloat32(string)"/> reads this type.</summary>
    public static bool IsReadable(string type) => type is "F16" or "BF16" or "F32" or "F64";
}
