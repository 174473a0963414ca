using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

[Trait("Needs", "OpenCL")]
[Trait("Needs", "CUDA")]
[Collection("OpenCL")]
public sealed class DevicesTests
{
    [Fact]
    public void Every_kind_is_listed_with_an_id_or_a_reason()
    {
        var found = Devices.Find();
        Assert.Equal(Enum.GetValues<DeviceKind>().Order(), found.Select(d => d.Kind).Distinct().Order());
        Assert.Equal(found.Count, found.Select(d => d.Id).Distinct().Count());
        Assert.All(found, d => Assert.True(d.Refusal is null || d.Refusal is { Length: > 0 } && !d.Refusal.Contains('\n'), d.Id));
    }

    [Fact]
    public void Everything_listed_as_usable_opens_and_everything_else_says_why()
    {
        foreach (var info in Devices.Find())
            if (info.Refusal is null)
            {
                using var device = Devices.Open(info.Id);
                Assert.Equal(info.Kind, device.Kind);
            }
            else
            {
                Assert.Contains(info.Refusal, Assert.Throws<DeviceException>(() => Devices.Open(info.Id)).Message);
            }
    }

    [Theory]
    [InlineData("")]
    [InlineData("gpu")]
    [InlineData("cpu:0")]
    [InlineData("opencl:")]
    [InlineData("opencl:-1")]
    [InlineData("opencl:99")]
    [InlineData("cuda:99")]
    [InlineData("cuda:0:1")]
    public void A_wrong_id_is_answered_in_one_line_that_says_what_there_is(string id)
    {
        string message = Assert.Throws<DeviceException>(() => Devices.Open(id)).Message;
        Assert.DoesNotContain('\n', message);
        Assert.Contains($"'{id}'", message);
        Assert.Contains("reference", message);
    }

    [Fact]
    public void Auto_takes_no_OpenCL_device_that_is_not_a_GPU()
    {
        Assert.SkipWhen(Devices.Find().Any(d => d is { IsGpu: true, Refusal: null }), "This machine has a GPU.");
        using var device = Devices.Open("auto");
        Assert.Equal(DeviceKind.Simd, device.Kind);
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    [InlineData("ilgpu-cpu")]
    [InlineData("opencl")]
    [InlineData("auto")]
    public void A_precision_that_a_device_lacks_is_refused_in_one_line(string id)
    {
        Assert.SkipWhen(id == "auto" && Devices.Find().Any(d => d is { Kind: DeviceKind.Cuda, Refusal: null }), "This machine has an NVIDIA GPU.");
        foreach (var precision in new[] { Precision.Tf32, Precision.Fp16 })
        {
            string message = Assert.Throws<DeviceException>(() => Devices.Open(id, precision: precision)).Message;
            Assert.DoesNotContain('\n', message);
            Assert.Contains(precision == Precision.Tf32 ? $"'{id}' cannot compute in tf32" : $"'{id}' cannot compute in fp16", message);
        }
        Assert.SkipWhen(Devices.Find().All(d => d.Kind != DeviceKind.OpenCl || d.Refusal is not null), OpenClOperationTests.Absent);
        using var device = Devices.Open(id, precision: Precision.Fp32);
        Assert.Equal(Precision.Fp32, device.Precision);
    }
}
