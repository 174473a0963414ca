using System.Net;
using System.Net.Http.Headers;

namespace GpuStyle.WeightsLoader;

/// <summary>
/// An answer to a request for a file, after redirections, and the SHA-256 that the publisher named on the way there (null:
/// none).
/// </summary>
sealed record ServerAnswer(HttpResponseMessage Response, string? Sha256) : IDisposable
{
    public void Dispose() => Response.Dispose();
}

/// <summary>Requests for files. Redirections are followed here, since a publisher's hash comes with the redirection itself.</summary>
sealed class Server : IDisposable
{
    const int MostRedirections = 10;

    readonly DownloadOptions options;
    readonly HttpClient client;

    public Server(DownloadOptions options)
    {
        this.options = options;
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
        };
        client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("gpustyle/0.1");
    }

    /// <summary>Asks for a file from byte <paramref name="from"/> on, if it is still the one with <paramref name="etag"/>.</summary>
    /// <exception cref="NetworkException">No connection, no answer in time, or redirections that lead nowhere.</exception>
    public async Task<ServerAnswer> GetAsync(Uri address, long from, string? etag, string? hashHeader, bool trusted, CancellationToken cancellation)
    {
        string? sha256 = null;
        var target = address;
        for (int hop = 0; hop <= MostRedirections; hop++)
        {
            var response = await SendAsync(target, from, etag, cancellation).ConfigureAwait(false);
            if (trusted && hashHeader is not null && IsSameServer(address, target)) sha256 ??= HashIn(response, hashHeader);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308)) return new ServerAnswer(response, sha256);
            var location = response.Headers.Location;
            response.Dispose();
            if (location is null) throw new NetworkException($"{target.Host} redirects to nowhere", reached: true);
            target = new Uri(target, location);
            if (target.Scheme != address.Scheme)
                throw new NetworkException($"{address.Host} redirects from {address.Scheme} to {Text.Printable(target.Scheme)}, which is not followed", reached: true);
        }
        throw new NetworkException($"{address.Host} redirects without end", reached: true);
    }

    async Task<HttpResponseMessage> SendAsync(Uri target, long from, string? etag, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, target);
        if (from > 0) request.Headers.Range = new RangeHeaderValue(from, null);
        if (from > 0 && etag is not null) request.Headers.IfRange = new RangeConditionHeaderValue(new EntityTagHeaderValue(etag));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(this.options.AnswerTimeout);
        try
        {
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            bool reached = e.HttpRequestError is not (HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.ProxyTunnelError);
            throw new NetworkException($"{target.Host}: {Text.Printable((e.InnerException ?? e).Message)}", reached, e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new NetworkException($"{target.Host} does not answer", reached: false, e);
        }
    }

    /// <summary>A read from an answer's body that does not wait for ever.</summary>
    /// <exception cref="NetworkException">The connection was cut, or nothing came for too long.</exception>
    public async Task<int> ReadAsync(Stream body, Memory<byte> buffer, string host, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(this.options.StallTimeout);
        try
        {
            return await body.ReadAsync(buffer, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new NetworkException($"{host} sends nothing any more", reached: true, e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new NetworkException($"the connection to {host} was cut", reached: true, e);
        }
    }

    static bool IsSameServer(Uri a, Uri b) => a.Scheme == b.Scheme && a.Authority == b.Authority;

    static string? HashIn(HttpResponseMessage response, string header)
    {
        if (!response.Headers.TryGetValues(header, out var values) && !response.Content.Headers.TryGetValues(header, out values)) return null;
        string text = values.First().Trim();
        if (text.StartsWith("W/", StringComparison.Ordinal)) text = text[2..];
        text = text.Trim('"');
        return text.Length == 64 && text.All(char.IsAsciiHexDigit) ? text.ToLowerInvariant() : null;
    }

    public void Dispose() => client.Dispose();
}
