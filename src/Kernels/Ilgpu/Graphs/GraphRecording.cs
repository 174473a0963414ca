using ILGPU.Runtime;

namespace GpuStyle.Kernels;

/// <summary>
/// A sequence of operations as a driver's graph: one call instead of one a kernel. If the driver refuses, which the device's
/// <see cref="Device.GraphRefusal"/> then says, it is run again each time. A graph holds addresses; scratch that has been replaced by a larger one
/// since makes it be captured anew.
/// </summary>
internal sealed class GraphRecording(IlgpuDevice device, IGraphDriver driver, Action operations) : Recording
{
    IntPtr graph;
    long scratch;

    public override void Replay()
    {
        // Before the driver is asked: what it would refuse is this sequence, not graphs.
        device.RefuseWhileRecording("record another one");
        if (graph == IntPtr.Zero || scratch != device.ScratchChanges) Capture();
        if (graph != IntPtr.Zero)
        {
            device.CountReplay();
            driver.Launch(graph);
        }
        else device.RunRecorded(operations);
    }

    public override void Dispose()
    {
        if (graph == IntPtr.Zero) return;
        var old = graph;
        graph = IntPtr.Zero;
        try
        {
            driver.Free(old);
        }
        catch (AcceleratorException)
        {
            // A device that has failed, which its next operation tells, frees nothing any more; what else there is to dispose must still be.
        }
    }

    void Capture()
    {
        Dispose();
        if (device.GraphRefusal is not null) return;
        try
        {
            graph = driver.Capture(() => device.RunRecorded(operations));
            scratch = device.ScratchChanges;
        }
        catch (GraphRefusedException e)
        {
            device.GraphRefusal = e.Message;
        }
    }
}
