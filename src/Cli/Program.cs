using GpuStyle.Cli;

return CommandTree.Run(args);
