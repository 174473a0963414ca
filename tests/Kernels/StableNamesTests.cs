using GpuStyle.Kernels;

namespace GpuStyle.Tests;

/// <summary>Names in OpenCL C: <see cref="StableNames"/>.</summary>
public sealed class StableNamesTests
{
    const string Source = """
        struct type_{0} { int field_0; float field_1; };
        struct type_{0}_kernel { int field_0; };
        float Sum_{1}(struct type_{0} _x_{2}) {
            int var0 = _x_{2}.field_0;
            goto L_{1}1;
        L_{1}1: ;
            return convert_float(var0) * 0x1p-1f;
        }
        kernel void Kernel_2(global float* view_0, struct type_{0}_kernel _y_{3}) {
            local float shared_var_{4}[256];
            shared_var_{4}[get_local_id(0)] = Sum_{1}(_y_{3}) + 12_000;
        }
        """;

    static string Numbered(params int[] numbers)
    {
        string source = Source;
        for (int i = 0; i < numbers.Length; i++) source = source.Replace($"{{{i}}}", $"{numbers[i]}", StringComparison.Ordinal);
        return source;
    }

    [Fact]
    public void A_kernel_is_the_same_text_whatever_its_names_were_numbered()
    {
        string one = StableNames.In(Numbered(1, 22, 333, 4444, 5), "Kernel_2"), other = StableNames.In(Numbered(91, 82, 73, 64, 550), "Kernel_2");
        Assert.Equal(one, other);
        Assert.Contains("kernel void Kernel_2(global", one);
        Assert.Contains("12_000", one);
    }

    [Fact]
    public void Different_names_stay_different_and_the_same_stay_the_same()
    {
        string text = StableNames.In("a_7 b_7 a_8 a_7_kernel a_7 Kernel_1 a_0 b_7 a_7_kernel", "Kernel_1");
        Assert.Equal("a_0 b_1 a_2 a_3_kernel a_0 Kernel_1 a_4 b_1 a_3_kernel", text);
    }
}
