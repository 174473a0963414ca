namespace GpuStyle.WeightsLoader;

/// <summary>
/// A caffemodel: a NetParameter of caffe.proto (https://github.com/BVLC/caffe/blob/master/src/caffe/proto/caffe.proto) with its layers' blobs,
/// of the kind that Caffe has written since 2014 (<c>layer</c>) or of the one before (<c>layers</c>, V1). A layer's first blob is
/// <c>LAYER.weight</c>, its second <c>LAYER.bias</c>, a further one <c>LAYER.2</c>.
/// </summary>
static class Caffemodel
{
    const int NetName = 1, NetLayersV1 = 2, NetLayer = 100;
    const int BlobNum = 1, BlobWidth = 4, BlobData = 5, BlobShape = 7, BlobDoubleData = 8;

    public static TensorFile Open(InputFile file)
    {
        var budget = new DescriptionBudget(file.Length);
        var tensors = new TensorList(budget);
        var metadata = new Dictionary<string, string>();
        var net = new WireReader(new FileCursor(file), 0, file.Length);
        for (int layer = 0; net.Next();)
        {
            if (net.Is(NetName)) metadata["name"] = net.Text(budget);
            else if (net.Is(NetLayersV1)) Layer(net.Message(), layer++, name: 4, blobs: 6);
            else if (net.Is(NetLayer)) Layer(net.Message(), layer++, name: 1, blobs: 7);
        }
        return new DescribedFile(file, tensors.Entries, metadata);

        void Layer(WireReader layer, int number, int name, int blobs)
        {
            string? module = null;
            for (var field = layer; field.Next();)
                if (field.Is(name)) module = field.Text(budget);
            int blob = 0;
            while (layer.Next())
            {
                if (!layer.Is(blobs)) continue;
                module ??= $"{number}";
                tensors.Add(Blob($"{module}.{(blob == 0 ? "weight" : blob == 1 ? "bias" : blob)}", layer));
                blob++;
            }
        }

        TensorEntry Blob(string tensor, in WireReader blob)
        {
            List<long> shape = [];
            var (floats, doubles) = (new RepeatedValues("F32"), new RepeatedValues("F64"));
            long[] legacy = [0, 0, 0, 0];
            bool hasShape = false, hasLegacy = false;
            for (var field = blob.Message(); field.Next();)
            {
                if (field is { Kind: WireKind.Number, Field: >= BlobNum and <= BlobWidth }) (legacy[field.Field - BlobNum], hasLegacy) = (field.Value, true);
                else if (field.Field == BlobData) floats.Add(field);
                else if (field.Field == BlobDoubleData) doubles.Add(field);
                else if (field.Is(BlobShape))
                {
                    hasShape = true;
                    for (var dimension = field.Message(); dimension.Next();)
                        if (dimension.Field == 1) dimension.Dimensions(shape, budget);
                }
            }
            bool isDouble = doubles.Count > 0;
            var values = isDouble ? doubles : floats;
            return values.Describe(tensor, hasShape ? shape : hasLegacy ? legacy : [values.Count], blob, isDouble ? BlobDoubleData : BlobData);
        }
    }
}
