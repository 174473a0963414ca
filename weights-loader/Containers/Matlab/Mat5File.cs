namespace GpuStyle.WeightsLoader;

/// <summary>
/// A MATLAB .mat file of level 5 (MathWorks, MAT-File Format), as MATLAB's <c>save -v6</c> and <c>-v7</c>, SciPy and Octave write them:
/// a header of 128 bytes, then the variables, each plain or deflated as a whole. Describing a deflated variable unpacks it once
/// without keeping; reading in the file's order unpacks it once more.
/// </summary>
sealed class Mat5File
{
    const int HeaderLength = 128;

    readonly InputFile file;
    readonly DescriptionBudget budget;
    readonly MatlabTensors found;
    readonly Disposables unpackers;

    Mat5File(InputFile file, Disposables unpackers)
    {
        (this.file, this.unpackers, this.budget) = (file, unpackers, new DescriptionBudget(file.Length));
        this.found = new MatlabTensors(this.budget);
    }

    /// <summary>Whether the bytes are such a file's first.</summary>
    public static bool IsMat5(ReadOnlySpan<byte> start) => start.StartsWith("MATLAB 5.0 MAT-file"u8);

    /// <summary>Opens a file that begins as <see cref="IsMat5"/> asks.</summary>
    public static TensorFile Open(InputFile file)
    {
        byte[] header = file.Start(HeaderLength);
        if (header.Length < HeaderLength) throw new FormatException("is cut short: it is a MATLAB .mat that ends within its header; copy or download it again");
        bool bigEndian = header.AsSpan(126) switch // the number 'MI', in the writer's byte order
        {
            [(byte)'I', (byte)'M'] => false,
            [(byte)'M', (byte)'I'] => true,
            _ => throw new FormatException("is a MATLAB .mat without the mark of its byte order; copy or download it again"),
        };
        var opened = new Mat5File(file, new Disposables());
        try
        {
            opened.Walk(bigEndian);
            return new DescribedFile(file, opened.found.Tensors, opened.found.Texts, opened.unpackers);
        }
        catch
        {
            opened.unpackers.Dispose();
            throw;
        }
    }

    void Walk(bool bigEndian)
    {
        var elements = new Mat5Elements(this.file, bigEndian);
        for (long position = HeaderLength; position < this.file.Length;)
        {
            var element = elements.At(position, this.file.Length);
            if (element.Type == Mat5Elements.Compressed) WalkInflated(element, bigEndian);
            else if (element.Type == Mat5Elements.Matrix) new Mat5Matrices(elements, this.found).Variable(element);
            position = element.Next;
        }
    }

    void WalkInflated(Mat5Element packed, bool bigEndian)
    {
        this.budget.Take(1500); // two unpackers
        var part = new FilePart(this.file, packed.Start, packed.Bytes);
        Mat5Element tag;
        using (var start = new InflatedBytes(this.file, part, 8, zlib: true))
            tag = new Mat5Elements(start, bigEndian).At(0, long.MaxValue);
        var whole = this.unpackers.Add(new InflatedBytes(this.file, part, tag.End, zlib: true));
        this.budget.Unpack(tag.End); // which the walk does
        new Mat5Matrices(new Mat5Elements(whole, bigEndian), this.found).Variable(tag);
        whole.Prove(0, this.budget);
        whole.Rest();
    }
}
