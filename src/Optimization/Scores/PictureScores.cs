namespace GpuStyle.Optimization;

/// <summary>How much a picture is like its photograph, and like its painting, by measures that others use and by paint's own.</summary>
/// <param name="ContentFidelity">
/// StyleEval's (Wang et al. 2021, "Evaluate and improve the quality of neural style transfer", equation 1): the mean over relu4_1 and
/// relu5_1 of the cosine between picture's and photograph's features. 1 is the photograph itself.
/// </param>
/// <param name="GlobalEffects">
/// StyleEval's: half the mean cosine of Gram matrices at relu2_1, 3_1, 4_1 and 5_1, half that of histograms of red, green and blue.
/// </param>
/// <param name="LocalPatterns">
/// StyleEval's: half the mean cosine of 3x3 patches at relu3_1 and 4_1 with the painting's most alike, half the share of the painting's
/// patches that are most alike to one.
/// </param>
/// <param name="Structure">
/// CFSD (Chung, Hyun and Heo 2024, "Style Injection in Diffusion", section 5.1): how far places of the picture are related otherwise than
/// those of the photograph, the Kullback-Leibler divergence between softmaxes of inner products at relu3_1. 0 is the photograph itself.
/// </param>
/// <param name="StyleDistance">
/// 1000 times the sum over relu1_1 .. 5_1 of the mean squared difference of G / M over N^2, as gatys-pytorch has it.
/// </param>
/// <param name="ContentDistance">The mean squared difference from the photograph at relu4_2.</param>
/// <param name="ToPainting">
/// The mean over relu1_2, 2_2, 3_2 and 4_2 of 1 - cosine between samples of the picture and their nearest of the painting's.
/// </param>
/// <param name="FromPainting">The same from the painting's samples to the picture's.</param>
public sealed record PictureScores(double ContentFidelity, double GlobalEffects, double LocalPatterns, double Structure,
    double StyleDistance, double ContentDistance, double ToPainting, double FromPainting);
