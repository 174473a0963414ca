using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>Pictures copied to and from every engine in rows.</summary>
[Trait("Needs", "OpenCL")]
[Trait("Needs", "CUDA")]
[Collection("OpenCL")]
public sealed class RowCopyTests
{
    [Theory]
    [InlineData(DeviceKind.Reference)]
    [InlineData(DeviceKind.Simd)]
    [InlineData(DeviceKind.IlgpuCpu)]
    [InlineData(DeviceKind.OpenCl)]
    [InlineData(DeviceKind.Cuda)]
    public void Rows_come_back_wherever_they_are_put(DeviceKind kind)
    {
        using var device = RecordingTests.Open(kind);
        foreach (var shape in new Shape[] { new(3, 7, 5), new(1, 9, 3), new(2, 1, 1), new(3, 37, 129) })
        {
            float[] whole = [.. Enumerable.Range(1, (int)shape.Count).Select(i => (float)i)];
            using Tensor whole1 = device.Allocate(shape, whole), inRows = device.Allocate(shape);
            var expected = new float[shape.Count];
            // From the middle on, then from the top, in strips of unlike heights.
            foreach (var (top, count) in new[] { (shape.Height / 2, shape.Height - shape.Height / 2), (0, Math.Max(1, shape.Height / 3)), (shape.Height - 1, 1) })
            {
                float[] rows = Rows(whole, shape, top, count);
                var read = new float[rows.Length];
                device.DownloadRows(whole1, top, read);
                Assert.Equal(rows, read);
                device.UploadRows(rows, inRows, top);
                for (int c = 0; c < shape.Channels; c++)
                    for (int i = 0; i < count * shape.Width; i++) expected[(c * shape.Height + top) * shape.Width + i] = rows[c * count * shape.Width + i];
                Assert.Equal(expected, device.Download(inRows));
            }
            Assert.True(device.GuardsIntact(inRows));
        }
    }

    [Theory]
    [InlineData(DeviceKind.Reference)]
    [InlineData(DeviceKind.Simd)]
    [InlineData(DeviceKind.IlgpuCpu)]
    public void Rows_that_are_not_there_are_refused(DeviceKind kind)
    {
        using var device = RecordingTests.Open(kind);
        using Tensor picture = device.Allocate(new(3, 4, 5)), features = device.Allocate(new(16, 4, 5)), packed = device.AllocatePacked(new(3, 4, 5));
        foreach (var (tensor, values, top) in new[] { (picture, 15, 4), (picture, 30, 3), (picture, 15, -1), (picture, 14, 0), (picture, 0, 0), (picture, 75, 0), (features, 80, 0), (packed, 15, 0) })
        {
            Assert.Throws<ArgumentException>(() => device.UploadRows(new float[values], tensor, top));
            Assert.Throws<ArgumentException>(() => device.DownloadRows(tensor, top, new float[values]));
        }
        device.Vectors.Fill(picture, 1);
        Action[] refused = [() => device.UploadRows(new float[15], picture, 0), () => device.DownloadRows(picture, 0, new float[15])];
        foreach (var action in refused) Assert.Contains("A recorded sequence of operations cannot", Assert.Throws<InvalidOperationException>(() => device.Record(action)).Message);
    }

    static float[] Rows(float[] values, Shape shape, int top, int count) =>
        [.. Enumerable.Range(0, shape.Channels).SelectMany(c => values.Skip((c * shape.Height + top) * shape.Width).Take(count * shape.Width))];
}
