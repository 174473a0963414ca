using System.Net;

namespace GpuStyle.WeightsLoader;

/// <summary>What a server's answer means for a download.</summary>
/// <param name="From">The place in the file of the answer's first byte: 0 when the server sends all of it, asked or not.</param>
/// <param name="Total">The whole file's length; null when it is not said.</param>
/// <param name="ETag">The server's strong ETag; null when there is none to rely on.</param>
/// <param name="AskAgain">Whether the request for a part made no sense to the server: ask for the whole.</param>
sealed record TransferPlan(long From, long? Total, string? ETag, bool AskAgain)
{
    /// <exception cref="NetworkException">The server refuses the file.</exception>
    public static TransferPlan Make(HttpResponseMessage response, long asked, string host)
    {
        string? etag = response.Headers.ETag is { IsWeak: false } tag ? tag.Tag : null;
        long? length = response.Content.Headers.ContentLength;
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                return new TransferPlan(0, length, etag, false);
            case HttpStatusCode.PartialContent when asked > 0:
                var range = response.Content.Headers.ContentRange;
                bool fits = range is { Unit: "bytes", From: { } from } && from == asked
                    && (range.Length is null || range.To is null || range.To == range.Length - 1);
                return fits ? new TransferPlan(asked, range!.Length ?? (asked + length), etag, false) : new TransferPlan(0, null, null, true);
            case HttpStatusCode.RequestedRangeNotSatisfiable when asked > 0:
                return new TransferPlan(0, null, null, true);
            default:
                throw new NetworkException($"{host} answers {(int)response.StatusCode} {Text.Printable(response.ReasonPhrase ?? "")}".TrimEnd(), reached: true);
        }
    }
}
