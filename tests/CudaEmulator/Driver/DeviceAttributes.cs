namespace GpuStyle.CudaEmulator;

/// <summary>CUDA Driver API, CUdevice_attribute: those that are asked for, with the values of an H200.</summary>
internal static class DeviceAttributes
{
    static readonly Dictionary<int, int> Values = new()
    {
        [1] = 1024, // MAX_THREADS_PER_BLOCK
        [2] = 1024, // MAX_BLOCK_DIM_X
        [3] = 1024, // MAX_BLOCK_DIM_Y
        [4] = 64, // MAX_BLOCK_DIM_Z
        [5] = int.MaxValue, // MAX_GRID_DIM_X
        [6] = 65535, // MAX_GRID_DIM_Y
        [7] = 65535, // MAX_GRID_DIM_Z
        [8] = 49152, // MAX_SHARED_MEMORY_PER_BLOCK
        [9] = 65536, // TOTAL_CONSTANT_MEMORY
        [10] = 32, // WARP_SIZE
        [11] = int.MaxValue, // MAX_PITCH
        [12] = 65536, // MAX_REGISTERS_PER_BLOCK
        [13] = 1980000, // CLOCK_RATE
        [16] = 132, // MULTIPROCESSOR_COUNT
        [19] = 1, // CAN_MAP_HOST_MEMORY
        [32] = 1, // ECC_ENABLED
        [33] = 1, // PCI_BUS_ID
        [34] = 0, // PCI_DEVICE_ID
        [35] = 0, // TCC_DRIVER
        [36] = 3201000, // MEMORY_CLOCK_RATE
        [37] = 6144, // GLOBAL_MEMORY_BUS_WIDTH
        [38] = 60 << 20, // L2_CACHE_SIZE
        [39] = 2048, // MAX_THREADS_PER_MULTIPROCESSOR
        [40] = 3, // ASYNC_ENGINE_COUNT
        [50] = 0, // PCI_DOMAIN_ID
        [75] = 9, // COMPUTE_CAPABILITY_MAJOR
        [76] = 0, // COMPUTE_CAPABILITY_MINOR
        [81] = 233472, // MAX_SHARED_MEMORY_PER_MULTIPROCESSOR
        [82] = 65536, // MAX_REGISTERS_PER_MULTIPROCESSOR
        [83] = 1, // MANAGED_MEMORY
        [90] = 1, // COMPUTE_PREEMPTION_SUPPORTED
        [91] = 1, // CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM
    };

    public static int Of(EmulatedGpu gpu, int attribute) =>
        gpu.Attributes.TryGetValue(attribute, out int other) || Values.TryGetValue(attribute, out other) ? other
        : throw DriverException.Invalid($"device attribute {attribute} is not known to the emulator");
}
