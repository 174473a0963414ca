namespace GpuStyle.Kernels;

/// <summary>A driver that can keep what is queued on a stream as a graph, to be queued again by one call.</summary>
internal interface IGraphDriver
{
    /// <summary>Keeps what <paramref name="operations"/> queue, without doing it.</summary>
    /// <exception cref="GraphRefusedException">The driver does not do that, or not with these operations. Nothing was done.</exception>
    IntPtr Capture(Action operations);

    /// <summary>Queues a graph.</summary>
    void Launch(IntPtr graph);

    /// <summary>Frees a graph, when it is done if it is still queued.</summary>
    void Free(IntPtr graph);
}

/// <summary>Why a driver keeps no graph, in a few words.</summary>
internal sealed class GraphRefusedException(string message, Exception? cause = null) : Exception(message, cause);
