namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Files of half a megabyte made of one small thing again and again: none costs more memory than the rules allow.</summary>
public sealed class BombTests
{
    const int Size = 500_000;

    /// <summary>What a pickle has many of: some opcodes before, some again and again.</summary>
    [Theory]
    [InlineData("", "]")]
    [InlineData("", "}")]
    [InlineData("", "(")]
    [InlineData("", ")")]
    [InlineData("N", "2")]
    [InlineData("N", "\u0094")]
    [InlineData("]q\0", "h\0a")]
    [InlineData("]q\0", "]a")]
    [InlineData("N", "\u0085")]
    [InlineData("]q\0N", "2\u0086")]
    [InlineData("N(", "K\u0001")]
    [InlineData("", "\u008C\0")]
    [InlineData("", "C\0")]
    [InlineData("", "I1\n")]
    [InlineData("", "\u008A\u0001\u0001")]
    [InlineData("", "ccollections\nOrderedDict\n)R")]
    [InlineData("ccollections\nOrderedDict\nq\u0001", "h\u0001)R")]
    [InlineData("}q\0", "h\0h\0h\0s")]
    public void A_pickle_of_one_thing(string before, string again)
    {
        byte[] tree = new PickleWriter().Op(before).Op(string.Concat(Enumerable.Repeat(again, Size / again.Length))).End();
        ContainerFuzzing.Run(PickleWriter.Legacy(tree));
        ContainerFuzzing.Run(PickleWriter.Zip(tree));
    }

    [Fact]
    public void A_pickle_of_one_thing_in_many_places()
    {
        var tensor = new PickleWriter().Op("}q\u0001(").Text("a").Tensor("FloatStorage", "7", 6, 0, [6], [1], true).Op("q\u0002");
        for (int i = 0; i < Size / 9; i++) tensor.Op("K").Op(((char)(i % 256)).ToString()).Op("h\u0002");
        ContainerFuzzing.Run(PickleWriter.Legacy(tensor.Op("u").End()));
        var copies = new PickleWriter().Global("collections", "OrderedDict").Op("q\u0001]q\u0002(");
        for (int i = 0; i < Size / 8; i++) copies.Op("NN\u0086");
        copies.Op("e\u0085q\u0003");
        for (int i = 0; i < Size / 8; i++) copies.Op("h\u0001h\u0003R");
        ContainerFuzzing.Run(PickleWriter.Legacy(copies.End()));
        var states = new PickleWriter().Global("numpy", "dtype").Op("(U\u0002O8tRq\u0001](");
        for (int i = 0; i < Size / 4; i++) states.Op("N");
        states.Op("eq\u0002").Global("numpy.core.multiarray", "_reconstruct").Op("(").Global("numpy", "ndarray").Op("tR(K\u0001)h\u0001\u0089h\u0002tq\u0003b");
        for (int i = 0; i < Size / 4; i++) states.Op("h\u0003b");
        ContainerFuzzing.Run(NpySamples.Npy(NpySamples.Header("|O", "()"), states.End()));
        string name = new('x', 60_000);
        var names = new PickleWriter().Op("}q\u0001(").Text(name).Op("}q\u0002(").Text("a").Tensor("FloatStorage", "7", 6, 0, [6], [1], true).Op("q\u0003");
        for (int i = 0; i < 10_000; i++) names.Text($"{i}").Op("h\u0003");
        ContainerFuzzing.Run(PickleWriter.Legacy(names.Op("uu").End()));
    }

    [Fact]
    public void Messages_of_nothing()
    {
        var layer = new ProtobufMessage().Text(1, new string('x', 10_000));
        for (int i = 0; i < Size / 4; i++) layer.Bytes(7, []);
        ContainerFuzzing.Run(new ProtobufMessage().Text(1, "net").Message(100, layer).ToArray());
        var shape = new ProtobufMessage().PackedNumbers(1, new long[Size]);
        ContainerFuzzing.Run(new ProtobufMessage().Text(1, "net").Message(100, new ProtobufMessage().Message(7, new ProtobufMessage().Message(7, shape))).ToArray());
        var (net, graph, external) = (new ProtobufMessage().Text(1, "net"), new ProtobufMessage(), new ProtobufMessage().Number(2, 1).Number(14, 1));
        for (int i = 0; i < Size / 4; i++)
        {
            net.Bytes(100, []);
            graph.Bytes(5, []);
            external.Message(13, new ProtobufMessage().Text(1, $"{i}"));
        }
        ContainerFuzzing.Run(net.ToArray());
        ContainerFuzzing.Run(new ProtobufMessage().Number(1, 7).Message(7, graph).ToArray());
        ContainerFuzzing.Run(new ProtobufMessage().Number(1, 7).Message(7, new ProtobufMessage().Message(5, external)).ToArray());
        var halves = new ProtobufMessage().Number(1, Size).Number(2, 10).Text(8, "halves").PackedNumbers(5, new long[Size]);
        ContainerFuzzing.Run(new ProtobufMessage().Number(1, 7).Message(7, new ProtobufMessage().Message(5, halves)).ToArray());
    }

    [Fact]
    public void Tables_of_nothing()
    {
        byte[] Torch7(Action<Torch7Writer> again, int size)
        {
            var writer = new Torch7Writer().Table(int.MaxValue - 0x7FFF0000).Text("x");
            while (writer.ToArray().Length < size) for (int i = 0; i < 2000; i++) again(writer);
            return writer.ToArray();
        }
        ContainerFuzzing.Run(Torch7(w => w.Nil(), Size));
        ContainerFuzzing.Run(Torch7(w => w.Table(0), Size));
        ContainerFuzzing.Run(Torch7(w => w.Text(""), Size));
        ContainerFuzzing.Run(Torch7(w => w.Object("nn.X").Table(0), Size));
        ContainerFuzzing.Run(Torch7(w => w.Number(1).Again(3, 1), Size));
        ContainerFuzzing.Run(Torch7(w => w.Tensor<float>("Float", [], []), Size));
    }
}
