using GpuStyle.CudaEmulator;

namespace GpuStyle.Tests.Emulator;

/// <summary>The functions of the emulated driver, called as a program calls them: what they do, and what they refuse.</summary>
public sealed class DriverTests
{
    static readonly string AddOne = PtxText.Kernel(
        "ld.param.b64 %rd3, [output]; ld.global.b32 %r1, [%rd3]; add.s32 %r1, %r1, 1; st.global.b32 [%rd3], %r1;", ".maxntid 64, 1, 1");

    [Fact]
    public void Work_that_is_captured_is_done_when_the_graph_is_launched_each_time()
    {
        using var driver = new RawDriver();
        var (function, address) = (Loaded(driver, AddOne), Allocated(driver));
        Ok(driver.Begin());
        Ok(driver.Fill(address, 0, 64));
        for (int i = 0; i < 3; i++) Ok(driver.Launch(function, (1, 1), 1, address, address));
        Ok(driver.End(out var graph));
        var executable = driver.Instantiate(graph);
        Ok(driver.Destroy("cuGraphDestroy", graph));
        Assert.Equal(-1, Read(driver, address));
        for (int i = 0; i < 2; i++)
        {
            Ok(driver.LaunchGraph(executable));
            Assert.Equal(3, Read(driver, address));
        }
        Ok(driver.Destroy("cuGraphExecDestroy", executable));
        Assert.Equal(CudaResult.InvalidHandle, driver.LaunchGraph(executable));
    }

    /// <summary>What a capturing thread must not do, and what it does to the capture.</summary>
    [Theory]
    [InlineData("cuMemAlloc")]
    [InlineData("cuMemFree")]
    [InlineData("cuStreamSynchronize")]
    [InlineData("cuMemcpyAsync of the host's memory")]
    [InlineData("cuModuleLoadDataEx")]
    [InlineData("cuStreamBeginCapture")]
    public void Misuse_of_a_capture_is_refused_and_breaks_it(string call)
    {
        using var driver = new RawDriver();
        ulong address = Allocated(driver);
        Ok(driver.Begin());
        Assert.Equal(CudaResult.CaptureUnsupported, call switch
        {
            "cuMemAlloc" => driver.Allocate(64, out _),
            "cuMemFree" => driver.Free(address),
            "cuStreamSynchronize" => driver.Synchronize(),
            "cuModuleLoadDataEx" => driver.Load(AddOne, out _, out _),
            "cuStreamBeginCapture" => driver.Begin(),
            _ => driver.Read(address, new byte[4]),
        });
        Assert.Contains($"{call} is not permitted", driver.ErrorString(CudaResult.CaptureUnsupported));
        Assert.Equal(CudaResult.CaptureInvalidated, driver.End(out var graph));
        Assert.Equal(IntPtr.Zero, graph);
        Assert.Contains($"broken by {call}", driver.ErrorString(CudaResult.CaptureInvalidated));
        // The stream is as it was.
        Ok(driver.Begin());
        Ok(driver.End(out _));
    }

    [Fact]
    public void Only_the_thread_that_began_a_capture_ends_it()
    {
        using var driver = new RawDriver();
        Assert.Equal(CudaResult.InvalidValue, driver.End(out _));
        Ok(driver.Begin());
        var other = CudaResult.Success;
        var context = Driver.Current;
        var thread = new Thread(() =>
        {
            Driver.Current = context;
            other = driver.End(out _);
        });
        thread.Start();
        thread.Join();
        Assert.Equal(CudaResult.CaptureWrongThread, other);
        Ok(driver.End(out _));
    }

    [Fact]
    public void A_module_that_is_refused_says_why_in_its_log()
    {
        using var driver = new RawDriver(new() { PtxVersion = 80 });
        Assert.Equal(CudaResult.InvalidPtx, driver.Load(PtxText.Kernel("fma.rn.f32 %f1, %f2, %f3, %f4;"), out _, out string log));
        Assert.Contains("unknown instruction fma.rn.f32", log);
        Assert.Equal(CudaResult.UnsupportedPtxVersion, driver.Load(AddOne.Replace("8.0", "8.1"), out _, out log));
        Assert.Contains("PTX 8.1 is newer than 8.0", log);
        Ok(driver.Load(AddOne, out var module, out _));
        Assert.Equal(CudaResult.NotFound, driver.Function(module, "Another", out _));
        Ok(driver.Destroy("cuModuleUnload", module));
        Assert.Equal(CudaResult.InvalidHandle, driver.Function(module, "Kernel", out _));
    }

    [Theory]
    [InlineData(1, 65536, 32, 2, "beyond the device's limits")]
    [InlineData(0, 1, 32, 2, "beyond the device's limits")]
    [InlineData(1, 1, 2048, 2, "beyond the device's limits")]
    [InlineData(1, 1, 65, 2, "65 threads a block, and .maxntid of Kernel is 64")]
    [InlineData(1, 1, 32, 1, "8 bytes of arguments for 16 of Kernel")]
    [InlineData(1, 1, 32, 3, "24 bytes of arguments for 16 of Kernel")]
    public void Launches_that_are_refused(uint x, uint y, uint threads, int arguments, string message)
    {
        using var driver = new RawDriver();
        var function = Loaded(driver, AddOne);
        ulong address = Allocated(driver);
        Assert.Equal(CudaResult.InvalidValue, driver.Launch(function, (x, y), threads, [.. Enumerable.Repeat(address, arguments)]));
        Assert.Contains(message, driver.ErrorString(CudaResult.InvalidValue));
        Ok(driver.Launch(function, (1, 1), 1, address, address));
    }

    /// <summary>A kernel's fault is told by the calls after it, by all of them.</summary>
    [Fact]
    public void After_a_fault_every_call_fails()
    {
        using var driver = new RawDriver();
        var function = Loaded(driver, AddOne);
        Ok(driver.Launch(function, (1, 1), 1, 4096, 4096));
        Assert.Equal(CudaResult.IllegalAddress, driver.Synchronize());
        Assert.Contains("where nothing is allocated (Kernel, block 0", driver.ErrorString(CudaResult.IllegalAddress));
        Assert.Equal(CudaResult.IllegalAddress, driver.Allocate(64, out _));
        Assert.Equal(CudaResult.IllegalAddress, driver.Launch(function, (1, 1), 1, 4096, 4096));
    }

    [Fact]
    public void Memory_is_bounded_and_freed_once()
    {
        using var driver = new RawDriver(new() { Memory = 1 << 20, OutOfMemoryAt = 3 });
        Ok(driver.Allocate(1 << 19, out ulong half));
        Assert.Equal(CudaResult.OutOfMemory, driver.Allocate((1 << 19) + 1, out _));
        Assert.Equal(CudaResult.OutOfMemory, driver.Allocate(64, out _)); // the third
        Ok(driver.Allocate(1 << 19, out ulong rest));
        Assert.Equal(CudaResult.InvalidValue, driver.Free(rest + 64));
        Ok(driver.Free(rest));
        Assert.Equal(CudaResult.InvalidValue, driver.Free(rest));
        Assert.Equal(CudaResult.InvalidValue, driver.Fill(half, 0, (1 << 19) + 1));
        Assert.Equal(CudaResult.InvalidValue, driver.Read(half + (1 << 19) - 4, new byte[8]));
        Assert.Equal(0ul, half % 256);
    }

    [Fact]
    public void Attributes_that_are_not_known_are_errors()
    {
        using var driver = new RawDriver(new() { Attributes = new Dictionary<int, int> { [75] = 7 } });
        Ok(driver.Attribute(75, out int major));
        Ok(driver.Attribute(10, out int warp));
        Assert.Equal((7, 32), (major, warp));
        Assert.Equal(CudaResult.InvalidValue, driver.Attribute(9999, out _));
        Assert.Contains("device attribute 9999", driver.ErrorString(CudaResult.InvalidValue));
    }

    static void Ok(CudaResult result) => Assert.Equal(CudaResult.Success, result);

    static IntPtr Loaded(RawDriver driver, string text)
    {
        Ok(driver.Load(text, out var module, out _));
        Ok(driver.Function(module, "Kernel", out var function));
        return function;
    }

    static ulong Allocated(RawDriver driver)
    {
        Ok(driver.Allocate(64, out ulong address));
        return address;
    }

    static int Read(RawDriver driver, ulong address)
    {
        byte[] bytes = new byte[4];
        Ok(driver.Read(address, bytes));
        return BitConverter.ToInt32(bytes);
    }
}
