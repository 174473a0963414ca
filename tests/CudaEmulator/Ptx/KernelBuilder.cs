namespace GpuStyle.CudaEmulator;

/// <summary>What a kernel has declared so far: where its registers, arrays and parameters are, and its instructions.</summary>
internal sealed class KernelBuilder
{
    readonly Dictionary<(ulong, int), int> constants = [];
    readonly Dictionary<string, int> specials = [];
    readonly Dictionary<string, (int Offset, int Bytes)> parameters = [];
    readonly Dictionary<string, int> arrays = [], labels = [];
    readonly Stack<Dictionary<string, (int Offset, RegisterType Type)>> scopes = new([[]]);
    readonly List<Instruction> code = [];
    int registerBytes, declaredBytes, sharedBytes, parameterBytes;

    /// <summary>The place of a register or null.</summary>
    public (int Offset, RegisterType Type)? Register(string name)
    {
        foreach (var scope in scopes)
            if (scope.TryGetValue(name, out var found)) return found;
        return null;
    }

    public int? SharedArray(string name) => arrays.TryGetValue(name, out int offset) ? offset : null;

    /// <summary>Where in the parameter space an access to a parameter goes.</summary>
    public int Parameter(string name, int offset, int bytes)
    {
        if (!parameters.TryGetValue(name, out var parameter)) throw new PtxException($"the parameter {name} is not declared");
        if (offset % bytes != 0 || offset + bytes > parameter.Bytes)
            throw new PtxException($"{bytes} bytes at byte {offset} of the parameter {name}, which has {parameter.Bytes}");
        return parameter.Offset + offset;
    }

    public int Constant(ulong bits, int bytes)
    {
        if (!constants.TryGetValue((bits, bytes), out int place)) constants.Add((bits, bytes), place = Allocate(bytes));
        return place;
    }

    public int Special(string name)
    {
        if (!specials.TryGetValue(name, out int place)) specials.Add(name, place = Allocate(sizeof(uint)));
        return place;
    }

    public void OpenScope() => scopes.Push([]);

    public void CloseScope() => scopes.Pop();

    public void DeclareRegister(string name, RegisterType type)
    {
        if (!scopes.Peek().TryAdd(name, (Allocate(type.Bytes), type))) throw new PtxException($"the register {name} is declared twice");
        if (constants.Count + specials.Count == 0) declaredBytes = registerBytes;
    }

    public void DeclareShared(string name, int alignment, int bytes)
    {
        sharedBytes = RoundUp(sharedBytes, alignment);
        arrays.Add(name, sharedBytes);
        sharedBytes += bytes;
    }

    public void DeclareParameter(string name, int alignment, int bytes)
    {
        parameterBytes = RoundUp(parameterBytes, alignment);
        parameters.Add(name, (parameterBytes, bytes));
        parameterBytes += bytes;
    }

    public void Label(string name)
    {
        if (!labels.TryAdd(name, code.Count)) throw new PtxException($"the label {name} is there twice");
    }

    public void Add(Instruction instruction) => code.Add(instruction);

    public Kernel Build(string name, int maxThreads)
    {
        foreach (var branch in code.OfType<Branch>())
            branch.Target = labels.TryGetValue(branch.Label, out int target) && target < code.Count ? target
                : throw new PtxException($"there is no label {branch.Label}");
        if (code.Count == 0 || code[^1] is not (Return or Branch { Conditional: false })) throw new PtxException($"{name} has no end");
        Postdominators.Set(code);
        return new()
        {
            Name = name,
            Code = [.. code],
            RegisterBytes = registerBytes,
            DeclaredBytes = declaredBytes,
            Constants = [.. constants.Select(c => new Constant(c.Value, c.Key.Item1, c.Key.Item2))],
            Specials = specials,
            SharedBytes = sharedBytes,
            ParameterBytes = parameterBytes,
            MaxThreads = maxThreads,
        };
    }

    /// <summary>Room for a row; predicates have a bit a lane.</summary>
    int Allocate(int bytes)
    {
        int place = registerBytes;
        registerBytes += bytes == 0 ? 32 : bytes * Rows.Lanes;
        return place;
    }

    static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}

/// <summary>PTX ISA, "Types": what of a register's type counts is its size; a predicate's is 0.</summary>
internal readonly record struct RegisterType(int Bytes)
{
    public static RegisterType Parse(string type) => type switch
    {
        ".pred" => new(0),
        ".b32" or ".u32" or ".s32" or ".f32" => new(4),
        ".b64" or ".u64" or ".s64" or ".f64" => new(8),
        _ => throw new PtxException($"registers of type {type} are not known"),
    };
}
