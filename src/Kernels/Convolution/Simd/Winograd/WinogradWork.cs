namespace GpuStyle.Kernels;

/// <summary>
/// Where a Winograd convolution reads and writes. Tiles are counted row by row over the map and put together in groups of as
/// many as the micro-kernel has rows; a block is a few groups.
/// </summary>
internal unsafe struct WinogradWork
{
    /// <summary>Input maps [groups][H+2][W+2][16] from their upper left border on, unless they come through a pooling.</summary>
    public required float* Input;
    public required nint InputGroupFloats;
    public required int InputGroups;

    /// <summary>
    /// Pixel (0,0) of the output maps, of the same height and width; several epilogues read their own tensors relative to it. Null: they are pooled and not kept.
    /// </summary>
    public required float* Output;
    public required nint OutputGroupFloats;
    public required int OutputGroups;

    /// <summary>What the inputs come through, as the gradient of, and what the outputs go into.</summary>
    public required WinogradPooling InputPooling, OutputPooling;

    /// <summary>Whether outputs are too large for the caches and are stored past them.</summary>
    public required bool NonTemporal;

    /// <summary>Size of the maps, floats from one row to the next, border included.</summary>
    public required int Height, Width;
    public required nint RowFloats;

    /// <summary>Tiles in a row of tiles, and in all.</summary>
    public required int TilesAcross, Tiles;

    /// <summary>
    /// Weights [frequency][panel], in a panel as <see cref="WinogradOperands{TVector, TTile}"/> says; floats from one frequency and from one
    /// panel to the next.
    /// </summary>
    public required float* Weights;
    public required nint WeightFrequency;
    public required int PanelFloats, Panels;

    /// <summary>How the groups are cut into blocks.</summary>
    public required WinogradBlocks Blocks;

    /// <summary>
    /// Floats from one frequency to the next in a block's transformed inputs [frequency][group], in a group as
    /// <see cref="WinogradOperands{TVector, TTile}"/> says.
    /// </summary>
    public required nint InputFrequency;

    /// <summary>The same in its products [frequency][group][panel][row][output of the panel].</summary>
    public required nint ProductFrequency;
}
