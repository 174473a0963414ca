using System.Reflection;
using System.Runtime.CompilerServices;
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
/// processor, most of it for the first. A file belongs to one kernel of one build, for one device with one driver. One that was cut short
/// or changed is made again.
/// </summary>
internal static class KernelTexts
{
    /// <summary>Fields that ILGPU passes for each view in OpenCL: a pointer's place and a length.</summary>
    const int FieldsOfView = 2;

    /// <summary>
    /// The folder for devices that have none; null: their kernels are compiled whenever they are opened. For tests, which open many.
    /// </summary>
    public static string? FolderOfOthers { get; set; }

    /// <summary>A kernel for a device, compiled by ILGPU or made of the text that it was compiled to before.</summary>
    public static CompiledKernel Compiled(IlgpuDevice device, MethodInfo kernel, KernelSpecialization bounds)
    {
        var entry = EntryPointDescription.FromExplicitlyGroupedKernel(kernel);
        bool keeps = device.Accelerator.GetBackend() is PTXBackend or CLBackend;
        if (!keeps || (device.CacheFolder ?? FolderOfOthers) is not { } folder) return Compile();
        // A method's own text leaves out what its types are made of.
        string types = string.Join(", ", (object[])kernel.GetGenericArguments());
        string key = $"{kernel.DeclaringType}.{kernel} of {types}, ILGPU {typeof(Context).Assembly.GetName().Version}, "
            + $"{bounds.MaxNumThreadsPerGroup} threads, {bounds.MinNumGroupsPerMultiprocessor} groups, {device.TuningKey}";
        string path = CacheFile.Place(folder, "kernel", key);
        if (CacheFile.Read(path, key)?.Split('\n', 2) is [var hash, var kept] && hash == CacheFile.Hash(kept))
            return Made(device, entry, bounds, kept);
        var made = Compile();
        string text = TextOf(made);
        CacheFile.Write(path, key, $"{CacheFile.Hash(text)}\n{text}");
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
        if (device.Accelerator.GetBackend() is not CLBackend openCl)
            return MakePtx(context, new EntryPoint(entry, shared, bounds), null, text);
        var views = new SeparateViewEntryPoint(entry, shared, bounds, TypesOf(context), FieldsOfView);
        return new CLCompiledKernel(context, views, null, text, openCl.CLStdVersion);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    static extern PTXCompiledKernel MakePtx(Context context, EntryPoint entry, CompiledKernel.KernelInfo? info, string text);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_TypeContext")]
    static extern IRTypeContext TypesOf(Context context);
}
