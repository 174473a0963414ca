using GpuStyle.Kernels;
using ILGPU.Runtime.OpenCL;

namespace GpuStyle.Tests.Kernels;

/// <summary>Devices that cannot be opened, and devices that fail.</summary>
[Trait("Needs", "CUDA")]
public sealed class DeviceFaultTests
{
    static readonly DeviceInfo Gpu = new("cuda:0", DeviceKind.Cuda, "NVIDIA Imaginary", 1, null, true);

    [Fact]
    public void Auto_passes_over_a_device_that_is_refused_or_does_not_open_and_says_so_in_one_line()
    {
        DeviceInfo[] found = [Gpu with { Refusal = "its driver is too old" }, Gpu with { Id = "cuda:1" }];
        using var device = Devices.FirstOf(found, gpu => throw new DeviceException($"'{gpu.Id}' is taken."), () => new ReferenceDevice());
        Assert.Equal(DeviceKind.Reference, device.Kind);
        Assert.Equal($"Device 'cuda:0' (NVIDIA Imaginary) cannot be used: its driver is too old. Taking {device.Name}.", device.Notice);
    }

    [Fact]
    public void Auto_says_nothing_of_a_device_that_opens()
    {
        using var device = Devices.FirstOf([Gpu], _ => new ReferenceDevice(), () => throw new InvalidOperationException("not reached"));
        Assert.Null(device.Notice);
    }

    [Fact]
    public void A_failure_of_the_device_is_one_line()
    {
        var fault = new CLException(CLError.CL_OUT_OF_RESOURCES);
        string line = DeviceFault.Describe(new InvalidOperationException("outer", fault))!;
        Assert.DoesNotContain('\n', line);
        Assert.StartsWith("the device failed: ", line);
        Assert.Contains("--device cpu", line);
        Assert.Null(DeviceFault.Describe(new InsufficientMemoryException("full", fault)));
        Assert.Null(DeviceFault.Describe(new DeviceException("does not open", fault)));
        Assert.Null(DeviceFault.Describe(new InvalidOperationException("something else")));
    }
}
