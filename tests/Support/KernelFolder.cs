using System.Runtime.CompilerServices;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Support;

/// <summary>
/// A folder for what ILGPU makes of kernels while the tests run, so that each is compiled once and not for every device that is opened.
/// </summary>
internal static class KernelFolder
{
    [ModuleInitializer]
    internal static void Make()
    {
        string folder = Directory.CreateTempSubdirectory("gpustyle-test-kernels-").FullName;
        KernelTexts.FolderOfOthers = folder;
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (IOException)
            {
                // A thread that still writes there; the system empties its folder for temporary files.
            }
        };
    }
}
