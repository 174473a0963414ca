using System.Reflection;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR.Types;
using ILGPU.Runtime;

namespace GpuStyle.Kernels;

/// <summary>
/// The texts that ILGPU makes of kernels for drivers, PTX and OpenCL C, kept in a device's cache folder: to make them takes seconds of a
/// processor, most of it for the first. A file belongs to one kernel of one build, for one device with one driver. One that was cut short or
/// changed is made again.
/// </summary>
internal static class KernelTexts
{
    /// <summary>Fields that ILGPU passes for each view in OpenCL: a pointer's place and a length.</summary>
    const int FieldsOfView = 2;

    /// <summary>A kernel for a device, compiled by ILGPU or made of the text that it was compiled to before.</summary>
    public static CompiledKernel Compiled(IlgpuDevice device, MethodInfo kernel, KernelSpecialization bounds)
    {
        var entry = EntryPointDescription.FromExplicitlyGroupedKernel(kernel);
        if (device.CacheFolder is not { } folder || device.Accelerator.GetBackend() is not (PTXBackend or CLBackend)) return Compile();
        string key = $"{kernel.DeclaringType}.{kernel}, ILGPU {typeof(Context).Assembly.GetName().Version}, {bounds.MaxNumThreadsPerGroup} threads, "
            + $"{bounds.MinNumGroupsPerMultiprocessor} groups, {device.TuningKey}";
        string path = Path.Combine(folder, $"kernel-{Hash(key)[..16]}.txt");
        if (Read(path, key) is { } kept) return Made(device, entry, bounds, kept);
        var made = Compile();
        Write(path, key, TextOf(made));
        return made;

        CompiledKernel Compile()
        {
            device.KernelsCompiled++;
            var compiled = device.Accelerator.CompileKernel(entry, bounds);
            if (compiled is CLCompiledKernel openCl) StableNames.Give(openCl, entry.Name);
            return compiled;
        }
    }

    static string TextOf(CompiledKernel kernel) => kernel is PTXCompiledKernel ptx ? ptx.PTXAssembly : ((CLCompiledKernel)kernel).Source;

    /// <summary>What ILGPU would have made.</summary>
    static CompiledKernel Made(IlgpuDevice device, EntryPointDescription entry, KernelSpecialization bounds, string text)
    {
        // Kernels have no shared memory but what their texts declare.
        var shared = default(SharedMemorySpecification);
        var context = device.Accelerator.Context;
        return device.Accelerator.GetBackend() is CLBackend backend
            ? new CLCompiledKernel(context, new SeparateViewEntryPoint(entry, shared, bounds, TypesOf(context), FieldsOfView), null, text, backend.CLStdVersion)
            : MakePtx(context, new EntryPoint(entry, shared, bounds), null, text);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    static extern PTXCompiledKernel MakePtx(Context context, EntryPoint entry, CompiledKernel.KernelInfo? info, string text);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_TypeContext")]
    static extern IRTypeContext TypesOf(Context context);

    static string? Read(string path, string key)
    {
        try
        {
            // Key, hash, text.
            return File.Exists(path) && File.ReadAllText(path).Split('\n', 3) is [var own, var hash, var text] && own == key && hash == Hash(text) ? text : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    static void Write(string path, string key, string text)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            string written = $"{path}.{Environment.ProcessId}";
            File.WriteAllText(written, $"{key}\n{Hash(text)}\n{text}");
            File.Move(written, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is compiled again next time.
        }
    }

    static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
