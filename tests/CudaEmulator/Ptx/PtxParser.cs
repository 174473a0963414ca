namespace GpuStyle.CudaEmulator;

/// <summary>
/// Reads the PTX that ILGPU writes: kernels with instructions, registers, shared arrays and parameters. Functions are passed over, since
/// nothing can call them.
/// </summary>
internal sealed class PtxParser
{
    readonly Tokens tokens;
    readonly Dictionary<string, Kernel> kernels = [];

    PtxParser(string text) => tokens = new(text);

    /// <summary>The kernels of a text by their names.</summary>
    /// <param name="text">PTX.</param>
    /// <param name="version">The newest version of PTX that is taken, such as 88 for 8.8.</param>
    /// <exception cref="PtxException">The text is not PTX, is of a newer version, or has what is not known; the message names it and the
    /// line.</exception>
    public static IReadOnlyDictionary<string, Kernel> Parse(string text, int version = int.MaxValue)
    {
        var parser = new PtxParser(text);
        try
        {
            parser.Module(version);
        }
        catch (PtxException e)
        {
            throw new PtxException($"line {parser.tokens.Line}: {e.Message}");
        }
        return parser.kernels;
    }

    /// <summary>PTX ISA, "PTX Module Directives" and what follows them.</summary>
    void Module(int newest)
    {
        tokens.Expect(".version");
        string version = tokens.Next();
        if (!int.TryParse(version.Replace(".", "", StringComparison.Ordinal), out int number))
            throw new PtxException($"{version} is no version");
        if (number > newest) throw new UnsupportedVersionException($"PTX {version} is newer than {newest / 10}.{newest % 10}");
        tokens.Expect(".target");
        tokens.Next();
        tokens.Expect(".address_size");
        tokens.Expect("64");
        while (!tokens.AtEnd)
        {
            tokens.Skip(".visible");
            if (tokens.Skip(".func")) SkipFunction();
            else Entry();
        }
    }

    void SkipFunction()
    {
        while (tokens.Peek() is not ("{" or ";")) tokens.Next();
        int depth = 0;
        do
        {
            string token = tokens.Next();
            if (token == "{") depth++;
            else if (token == "}") depth--;
        }
        while (depth > 0);
    }

    /// <summary>PTX ISA, "Kernel and Function Directives: .entry".</summary>
    void Entry()
    {
        tokens.Expect(".entry");
        string name = tokens.Next();
        var kernel = new KernelBuilder();
        tokens.Expect("(");
        while (!tokens.Skip(")"))
        {
            Parameter(kernel);
            tokens.Skip(",");
        }
        int maxThreads = 0;
        while (!tokens.Skip("{"))
            if (tokens.Skip(".maxntid")) maxThreads = ThreadCount();
            else if (tokens.Skip(".minnctapersm")) tokens.Number();
            else throw new PtxException($"the directive {tokens.Peek()} is not known");
        Body(kernel);
        kernels.Add(name, kernel.Build(name, maxThreads));
    }

    int ThreadCount()
    {
        int count = tokens.Number();
        while (tokens.Skip(",")) count *= tokens.Number();
        return count;
    }

    /// <summary>.param .b32 name or .param .align 8 .b8 name[16].</summary>
    void Parameter(KernelBuilder kernel)
    {
        tokens.Expect(".param");
        int alignment = tokens.Skip(".align") ? tokens.Number() : 0;
        if (alignment > 0)
        {
            var (name, bytes) = Array();
            kernel.DeclareParameter(name, alignment, bytes);
            return;
        }
        var type = RegisterType.Parse(tokens.Next());
        kernel.DeclareParameter(tokens.Next(), type.Bytes, type.Bytes);
    }

    /// <summary>Statements up to the closing brace.</summary>
    void Body(KernelBuilder kernel)
    {
        while (!tokens.Skip("}"))
            if (tokens.Skip("{"))
            {
                kernel.OpenScope();
                Body(kernel);
                kernel.CloseScope();
            }
            else if (tokens.Skip(".reg")) Registers(kernel);
            else if (tokens.Skip(".shared")) Shared(kernel);
            else if (tokens.Peek(1) == ":")
            {
                kernel.Label(tokens.Next());
                tokens.Expect(":");
            }
            else kernel.Add(Instruction(kernel));
    }

    /// <summary>.reg .b32 name; or .reg .b32 %r&lt;7&gt;; for %r0 to %r6.</summary>
    void Registers(KernelBuilder kernel)
    {
        var type = RegisterType.Parse(tokens.Next());
        string name = tokens.Next();
        if (tokens.Skip("<"))
        {
            int count = tokens.Number();
            for (int i = 0; i < count; i++) kernel.DeclareRegister($"{name}{i}", type);
            tokens.Expect(">");
        }
        else kernel.DeclareRegister(name, type);
        tokens.Expect(";");
    }

    /// <summary>.shared .align 16 .b8 name[1024];</summary>
    void Shared(KernelBuilder kernel)
    {
        tokens.Expect(".align");
        int alignment = tokens.Number();
        var (name, bytes) = Array();
        kernel.DeclareShared(name, alignment, bytes);
        tokens.Expect(";");
    }

    (string Name, int Bytes) Array()
    {
        tokens.Expect(".b8");
        string name = tokens.Next();
        tokens.Expect("[");
        int bytes = tokens.Number();
        tokens.Expect("]");
        return (name, bytes);
    }

    /// <summary>PTX ISA, "Instruction Statements": an optional guard, an opcode, operands.</summary>
    Instruction Instruction(KernelBuilder kernel)
    {
        string text = tokens.TextUpTo(";");
        var guard = Guard.None;
        if (tokens.Skip("@"))
        {
            bool negated = tokens.Skip("!");
            guard = new(new Operands(tokens, kernel, guard).Predicate(), negated);
        }
        var decode = InstructionTable.Find(tokens.Next());
        var instruction = decode(new(tokens, kernel, guard));
        if (guard != Guard.None && instruction is (Return or Barrier))
            throw new PtxException("a guard is known on branches, and on what does not end a warp's turn");
        if (guard != Guard.None && instruction is not Branch) instruction = new Guarded(guard, instruction);
        instruction.Text = text;
        tokens.Expect(";");
        return instruction;
    }
}
