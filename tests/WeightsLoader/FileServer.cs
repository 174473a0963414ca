using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>
/// A web server on the loopback address that serves one file under every path, well or badly. Paths that begin with
/// <c>/gone</c> answer 404, with <c>/moved</c> redirect to <c>/file</c>, with <c>/loop</c> to themselves, with <c>/silent</c> never answer.
/// </summary>
sealed class FileServer : IDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly int port;
    readonly CancellationTokenSource stop = new();

    public FileServer(byte[] content)
    {
        Content = content;
        listener.Start();
        port = ((IPEndPoint)listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    public byte[] Content { get; set; }

    public string? ETag { get; set; } = "\"v1\"";

    /// <summary>Sent with redirections, as X-Linked-ETag.</summary>
    public string? Linked { get; set; }

    public bool Ranges { get; set; } = true;

    /// <summary>Answers a request for a part with this status, whatever it is.</summary>
    public int? RangeStatus { get; set; }

    /// <summary>Bytes after which each answer's connection is cut.</summary>
    public int CutAfter { get; set; } = int.MaxValue;

    /// <summary>The wait before each piece of 64 kB.</summary>
    public TimeSpan Pause { get; set; }

    /// <summary>Announced instead of the true length of what follows.</summary>
    public long? Announced { get; set; }

    /// <summary>The requests so far: path and the beginning of the range (0: none).</summary>
    public ConcurrentQueue<(string Path, long From)> Requests { get; } = new();

    public Uri Address(string path) => new($"http://127.0.0.1:{port}{path}");

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(stop.Token);
                _ = Task.Run(() => ServeAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // the test is over
        }
    }

    async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            using var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            string path = (await reader.ReadLineAsync())!.Split(' ')[1];
            var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            for (string? line; !string.IsNullOrEmpty(line = await reader.ReadLineAsync());)
                headers[line.Split(':')[0]] = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
            long from = headers.TryGetValue("Range", out string? range) ? long.Parse(range["bytes=".Length..].TrimEnd('-')) : 0;
            Requests.Enqueue((path, from));
            await AnswerAsync(stream, path, from, headers.GetValueOrDefault("If-Range"));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
            // the other side has left
        }
    }

    async Task AnswerAsync(NetworkStream stream, string path, long from, string? ifRange)
    {
        string linked = Linked is null ? "" : $"X-Linked-ETag: \"{Linked}\"\r\n";
        if (path.StartsWith("/gone", StringComparison.Ordinal)) await SayAsync(stream, "404 Not Found", "Content-Length: 0\r\n");
        else if (path.StartsWith("/silent", StringComparison.Ordinal)) await Task.Delay(TimeSpan.FromSeconds(30), stop.Token);
        else if (path.StartsWith("/loop", StringComparison.Ordinal)) await SayAsync(stream, "302 Found", "Location: /loop\r\nContent-Length: 0\r\n");
        else if (path.StartsWith("/moved", StringComparison.Ordinal)) await SayAsync(stream, "302 Found", $"Location: /file\r\n{linked}Content-Length: 0\r\n");
        else if (from > 0 && RangeStatus is { } status) await SayAsync(stream, $"{status} So", "Content-Length: 0\r\n");
        else if (!Ranges || from == 0 || (ifRange is not null && ifRange != ETag)) await BodyAsync(stream, "200 OK", 0, "");
        else if (from >= Content.Length) await SayAsync(stream, "416 Range Not Satisfiable", "Content-Length: 0\r\n");
        else await BodyAsync(stream, "206 Partial Content", (int)from, $"Content-Range: bytes {from}-{Content.Length - 1}/{Content.Length}\r\n");
    }

    async Task BodyAsync(NetworkStream stream, string status, int from, string more)
    {
        string etag = ETag is null ? "" : $"ETag: {ETag}\r\n";
        await SayAsync(stream, status, $"Content-Length: {Announced ?? (Content.Length - from)}\r\n{etag}{more}");
        int end = (int)Math.Min(Content.Length, (long)from + CutAfter);
        for (int at = from; at < end; at += 1 << 16)
        {
            if (Pause > TimeSpan.Zero) await Task.Delay(Pause, stop.Token);
            await stream.WriteAsync(Content.AsMemory(at, Math.Min(1 << 16, end - at)), stop.Token);
        }
    }

    static async Task SayAsync(NetworkStream stream, string status, string headers) =>
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\n{headers}Connection: close\r\n\r\n"));

    /// <summary>No connection is accepted any more.</summary>
    public void Stop()
    {
        stop.Cancel();
        listener.Dispose();
    }

    public void Dispose()
    {
        Stop();
        stop.Dispose();
    }
}
