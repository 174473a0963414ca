using ILGPU;
using ILGPU.Runtime;

namespace GpuStyle.Kernels;

/// <summary>
/// Kernels compiled for a device, to be launched on its stream. Not by ILGPU's LoadStreamKernel, which launches on the accelerator's default
/// stream: on CUDA that one cannot be captured, and does not wait for the device's own.
/// </summary>
internal static class Launchers
{
    public static Action<KernelConfig, T1> Load<T1>(this IlgpuDevice device, Action<T1> kernel)
        where T1 : struct
    {
        if (device.InsteadOfLaunches is { } tell) return (_, a) => tell(kernel.Method, [a]);
        var launch = Compiled<Action<AcceleratorStream, KernelConfig, T1>>(device, kernel);
        return (config, a) => launch(device.Stream, config, a);
    }

    public static Action<KernelConfig, T1, T2> Load<T1, T2>(this IlgpuDevice device, Action<T1, T2> kernel)
        where T1 : struct where T2 : struct
    {
        if (device.InsteadOfLaunches is { } tell) return (_, a, b) => tell(kernel.Method, [a, b]);
        var launch = Compiled<Action<AcceleratorStream, KernelConfig, T1, T2>>(device, kernel);
        return (config, a, b) => launch(device.Stream, config, a, b);
    }

    public static Action<KernelConfig, T1, T2, T3> Load<T1, T2, T3>(this IlgpuDevice device, Action<T1, T2, T3> kernel)
        where T1 : struct where T2 : struct where T3 : struct
    {
        if (device.InsteadOfLaunches is { } tell) return (_, a, b, c) => tell(kernel.Method, [a, b, c]);
        var launch = Compiled<Action<AcceleratorStream, KernelConfig, T1, T2, T3>>(device, kernel);
        return (config, a, b, c) => launch(device.Stream, config, a, b, c);
    }

    public static Action<KernelConfig, T1, T2, T3, T4> Load<T1, T2, T3, T4>(this IlgpuDevice device, Action<T1, T2, T3, T4> kernel)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct
    {
        if (device.InsteadOfLaunches is { } tell) return (_, a, b, c, d) => tell(kernel.Method, [a, b, c, d]);
        var launch = Compiled<Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4>>(device, kernel);
        return (config, a, b, c, d) => launch(device.Stream, config, a, b, c, d);
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5> Load<T1, T2, T3, T4, T5>(this IlgpuDevice device, Action<T1, T2, T3, T4, T5> kernel)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct
    {
        if (device.InsteadOfLaunches is { } tell) return (_, a, b, c, d, e) => tell(kernel.Method, [a, b, c, d, e]);
        var launch = Compiled<Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5>>(device, kernel);
        return (config, a, b, c, d, e) => launch(device.Stream, config, a, b, c, d, e);
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6> Load<T1, T2, T3, T4, T5, T6>(this IlgpuDevice device, Action<T1, T2, T3, T4, T5, T6> kernel)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct
    {
        if (device.InsteadOfLaunches is { } tell) return (_, a, b, c, d, e, f) => tell(kernel.Method, [a, b, c, d, e, f]);
        var launch = Compiled<Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6>>(device, kernel);
        return (config, a, b, c, d, e, f) => launch(device.Stream, config, a, b, c, d, e, f);
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7> Load<T1, T2, T3, T4, T5, T6, T7>(this IlgpuDevice device, Action<T1, T2, T3, T4, T5, T6, T7> kernel)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct
    {
        if (device.InsteadOfLaunches is { } tell) return (_, a, b, c, d, e, f, g) => tell(kernel.Method, [a, b, c, d, e, f, g]);
        var launch = Compiled<Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7>>(device, kernel);
        return (config, a, b, c, d, e, f, g) => launch(device.Stream, config, a, b, c, d, e, f, g);
    }

    public static Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8> Load<T1, T2, T3, T4, T5, T6, T7, T8>(this IlgpuDevice device, Action<T1, T2, T3, T4, T5, T6, T7, T8> kernel)
        where T1 : struct where T2 : struct where T3 : struct where T4 : struct where T5 : struct where T6 : struct where T7 : struct where T8 : struct
    {
        if (device.InsteadOfLaunches is { } tell) return (_, a, b, c, d, e, f, g, h) => tell(kernel.Method, [a, b, c, d, e, f, g, h]);
        var launch = Compiled<Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8>>(device, kernel);
        return (config, a, b, c, d, e, f, g, h) => launch(device.Stream, config, a, b, c, d, e, f, g, h);
    }

    static TLauncher Compiled<TLauncher>(IlgpuDevice device, Delegate kernel)
        where TLauncher : Delegate
    {
        device.RefuseWhileRecording("compile a kernel");
        var compiled = KernelTexts.Compiled(device, kernel.Method, device.Bounds(kernel));
        return AssemblerLog.Around(() => device.Accelerator.LoadKernel(compiled)).CreateLauncherDelegate<TLauncher>();
    }
}
