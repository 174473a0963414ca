namespace GpuStyle.WeightsLoader;

/// <summary>
/// An ONNX model: a ModelProto of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), of which the graph's initialisers are
/// the tensors, under their own names.
/// </summary>
static class OnnxFile
{
    const int ModelGraph = 7, GraphInitializer = 5;

    public static TensorFile Open(InputFile file)
    {
        var budget = new DescriptionBudget(file.Length);
        var tensors = new TensorList(budget);
        var external = new ExternalData(file);
        try
        {
            bool hasGraph = false;
            for (var model = new WireReader(new FileCursor(file), 0, file.Length); model.Next();)
            {
                if (!model.Is(ModelGraph)) continue;
                hasGraph = true;
                for (var graph = model.Message(); graph.Next();)
                    if (graph.Is(GraphInitializer)) tensors.Add(new OnnxTensor(graph, budget).Describe(file, external));
            }
            if (!hasGraph) throw new FormatException("looks like an ONNX model but has no graph: it is damaged; get it again");
            return new DescribedFile(file, tensors.Entries, companions: external.Opened);
        }
        catch
        {
            external.Opened.Dispose();
            throw;
        }
    }
}
