using System.Globalization;

namespace GpuStyle.Kernels;

/// <summary>Which devices there are, and how to open one by its id.</summary>
public static class Devices
{
    /// <summary>
    /// Every device that was looked for, those that cannot be used with the reason. Never throws.
    /// </summary>
    public static IReadOnlyList<DeviceInfo> Find() =>
    [
        new("cpu", DeviceKind.Simd, $"{Environment.ProcessorCount} host threads with vector instructions", HostMemory.Total, null, false),
        .. FindCuda(),
        .. FindOpenCl(),
        new("ilgpu-cpu", DeviceKind.IlgpuCpu, "ILGPU's CPU accelerator, for tests of tiny pictures", HostMemory.Total, null, false),
        new("reference", DeviceKind.Reference, "double precision on the host, slow", HostMemory.Total, null, false),
    ];

    /// <summary>
    /// Opens <c>auto</c>, <c>cpu</c>, <c>cuda[:i]</c>, <c>opencl[:i]</c>, <c>ilgpu-cpu</c> or <c>reference</c>. Auto is the first
    /// CUDA device, else the first OpenCL GPU, else the host's cores; without a number, <c>cuda</c> and <c>opencl</c> are the
    /// first usable device of their kind.
    /// </summary>
    /// <param name="id">Which device.</param>
    /// <param name="threads">Threads of the <c>cpu</c> device; 0 for all cores.</param>
    /// <param name="exact">Whether the <c>cpu</c> device avoids Winograd's transforms; the others never use them.</param>
    /// <param name="precision">What to multiply in; <c>auto</c> takes only devices that can.</param>
    /// <param name="cacheFolder">What a GPU's <see cref="Device.CacheFolder"/> is to be.</param>
    /// <exception cref="DeviceException">There is no such device, or it cannot be used, or not with that precision; the message says what there is.</exception>
    public static Device Open(string id, int threads = 0, bool exact = false, Precision precision = Precision.Auto, string? cacheFolder = null)
    {
        ArgumentNullException.ThrowIfNull(id);
        var (family, index) = Parse(id);
        if (family is not ("auto" or "cuda") && NeedsTensorCores(precision)) throw Unable(id, precision);
        return family switch
        {
            "auto" => OpenAuto(threads, exact, precision, cacheFolder),
            "cpu" => OpenCpu(threads, exact),
            "reference" => new ReferenceDevice { Id = id },
            "ilgpu-cpu" => Guarded(id, () => IlgpuAccelerators.OpenCpu(forGpu: false)),
            "cuda" => OpenCuda(id, Chosen(id, index, FindCuda(precision)), precision, cacheFolder),
            _ => OpenOpenCl(id, Chosen(id, index, FindOpenCl()), cacheFolder),
        };
    }

    /// <summary>
    /// Opens several devices, named as for <see cref="Open"/> with commas between, that will share the work; or one, which alone may be auto.
    /// </summary>
    /// <exception cref="DeviceException">As for <see cref="Open"/>, or the list is wrong: auto or nothing in it, or a device twice.</exception>
    public static DeviceGroup OpenGroup(string ids, int threads = 0, bool exact = false, Precision precision = Precision.Auto, string? cacheFolder = null)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (!ids.Contains(',')) return new([Open(ids, threads, exact, precision, cacheFolder)], threads);
        string[] names = [.. ids.Split(',', StringSplitOptions.TrimEntries).Select(id => Named(id, ids))];
        if (names.GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new DeviceException($"Device '{ids}' names {twice.Key} twice; name each device once.");
        var opened = new List<Device>();
        try
        {
            foreach (string name in names) opened.Add(Open(name, threads, exact, precision, cacheFolder));
            return new(opened, threads);
        }
        catch
        {
            opened.ForEach(d => d.Dispose());
            throw;
        }
    }

    /// <summary>The id of one device of a list, with its number if devices of its kind have one.</summary>
    static string Named(string id, string ids)
    {
        if (id.Length == 0) throw new DeviceException($"Device '{ids}' has an empty entry; put a comma only between two devices.");
        var (family, index) = Parse(id);
        if (family == "auto") throw new DeviceException($"Device '{ids}' has auto in a list; name the devices, or use auto alone.");
        return family switch
        {
            "cuda" => $"cuda:{Chosen(id, index, FindCuda())}",
            "opencl" => $"opencl:{Chosen(id, index, FindOpenCl())}",
            _ => id,
        };
    }

    /// <summary>
    /// The first GPU that opens, else the host's cores. One that is there but cannot be used (its driver is too old, another program
    /// has it) is passed over, which the device's <see cref="Device.Notice"/> says; of OpenCL devices that were never fit for this nothing is said.
    /// </summary>
    static Device OpenAuto(int threads, bool exact, Precision precision, string? cacheFolder)
    {
        var found = NeedsTensorCores(precision) ? FindCuda(precision) : FindCuda().Concat(FindOpenCl());
        return FirstOf(found.Where(d => d.IsGpu && d.Id.Contains(':') && (d.Refusal is null || d.Kind == DeviceKind.Cuda)),
            gpu => gpu.Kind == DeviceKind.Cuda ? OpenCuda(gpu.Id, NumberOf(gpu), precision, cacheFolder) : OpenOpenCl(gpu.Id, NumberOf(gpu), cacheFolder),
            () => NeedsTensorCores(precision) ? throw Unable("auto", precision) : OpenCpu(threads, exact));
    }

    static SimdDevice OpenCpu(int threads, bool exact) => new(threads, exact) { Id = "cpu" };

    static IlgpuDevice OpenCuda(string id, int number, Precision precision, string? cacheFolder) =>
        Guarded(id, () => IlgpuAccelerators.OpenCuda(number, precision, cacheFolder), $"cuda:{number}");

    static IlgpuDevice OpenOpenCl(string id, int number, string? cacheFolder) =>
        Guarded(id, () => IlgpuAccelerators.OpenOpenCl(number, cacheFolder: cacheFolder), $"opencl:{number}");

    /// <summary>The first of the devices that can be used and opens, else what <paramref name="otherwise"/> gives.</summary>
    internal static Device FirstOf(IEnumerable<DeviceInfo> found, Func<DeviceInfo, Device> open, Func<Device> otherwise)
    {
        string? notice = null;
        foreach (var gpu in found)
            try
            {
                if (gpu.Refusal is not null) throw new DeviceException($"Device '{gpu.Id}' ({gpu.Name}) cannot be used: {gpu.Refusal}.");
                return Noted(open(gpu));
            }
            catch (DeviceException e)
            {
                notice ??= e.Message;
            }
        return Noted(otherwise());

        Device Noted(Device device)
        {
            device.Notice = notice is null ? null : $"{notice} Taking {device.Name}.";
            return device;
        }
    }

    static bool NeedsTensorCores(Precision precision) => precision is Precision.Tf32 or Precision.Fp16;

    static DeviceException Unable(string id, Precision precision) =>
        new($"Device '{id}' cannot compute in {precision.ToString().ToLowerInvariant()}, which takes an NVIDIA GPU of compute capability 8.0 or later; use the precision auto or fp32; {Usable()}.");

    /// <summary>NVIDIA's GPUs, those refused that lack the precision.</summary>
    static IReadOnlyList<DeviceInfo> FindCuda(Precision precision = Precision.Auto)
    {
        var absent = new DeviceInfo("cuda", DeviceKind.Cuda, "NVIDIA GPU", null, null, true);
        try
        {
            if (!DriverLibraries.Present(DriverLibraries.Cuda)) return [absent with { Refusal = $"no CUDA driver ({DriverLibraries.Cuda[0]})" }];
            var devices = IlgpuAccelerators.Cuda();
            if (devices.Count == 0) return [absent with { Refusal = "the CUDA driver reports no device" }];
            return [.. devices.Select((d, i) => new DeviceInfo($"cuda:{i}", DeviceKind.Cuda, d.Name, d.MemorySize, IlgpuAccelerators.Refusal(d) ?? IlgpuAccelerators.Refusal(d, precision), true))];
        }
        catch (Exception e)
        {
            return [absent with { Refusal = $"the CUDA driver fails: {FirstLine(e)}" }];
        }
    }

    static IReadOnlyList<DeviceInfo> FindOpenCl()
    {
        var absent = new DeviceInfo("opencl", DeviceKind.OpenCl, "OpenCL device", null, null, true);
        try
        {
            if (!DriverLibraries.Present(DriverLibraries.OpenCl)) return [absent with { Refusal = $"no OpenCL loader ({DriverLibraries.OpenCl[0]})" }];
            var devices = IlgpuAccelerators.OpenCl();
            if (devices.Count == 0) return [absent with { Refusal = "the OpenCL loader reports no device" }];
            return [.. devices.Select((d, i) => new DeviceInfo($"opencl:{i}", DeviceKind.OpenCl, IlgpuAccelerators.Name(d), d.MemorySize, IlgpuAccelerators.Refusal(d), IlgpuAccelerators.IsGpu(d)))];
        }
        catch (Exception e)
        {
            return [absent with { Refusal = $"the OpenCL loader fails: {FirstLine(e)}" }];
        }
    }

    static (string Family, int? Index) Parse(string id)
    {
        string[] parts = id.Split(':');
        bool numbered = parts[0] is "cuda" or "opencl", known = numbered || parts[0] is "auto" or "cpu" or "ilgpu-cpu" or "reference";
        if (known && parts.Length == 1) return (parts[0], null);
        if (numbered && parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int index)) return (parts[0], index);
        throw new DeviceException($"There is no device '{id}': {Usable()}.");
    }

    /// <summary>The number of the device that is meant, if it can be used.</summary>
    static int Chosen(string id, int? index, IReadOnlyList<DeviceInfo> found)
    {
        var device = index is { } i ? found.FirstOrDefault(d => d.Id.EndsWith($":{i}", StringComparison.Ordinal)) : found.FirstOrDefault(d => d.Refusal is null) ?? found[0];
        string? refusal = device is null ? found[0].Refusal ?? "no device has that number" : device.Refusal;
        return refusal is null ? NumberOf(device!) : throw new DeviceException($"Device '{id}' cannot be used: {refusal}; {Usable()}.");
    }

    static int NumberOf(DeviceInfo device) => int.Parse(device.Id.AsSpan(device.Id.IndexOf(':') + 1), NumberStyles.None, CultureInfo.InvariantCulture);

    static string Usable() => "this machine has " + string.Join(", ", Find().Where(d => d.Refusal is null).Select(d => d.Id));

    static IlgpuDevice Guarded(string id, Func<IlgpuDevice> open, string? openedAs = null)
    {
        try
        {
            var device = open();
            device.Id = openedAs ?? id;
            return device;
        }
        catch (Exception e) when (e is not DeviceException)
        {
            throw new DeviceException($"Device '{id}' cannot be opened: {FirstLine(e)}; {Usable()}.", e);
        }
    }

    static string FirstLine(Exception e) => e.Message.Split('\n')[0].TrimEnd('\r', '.');
}
