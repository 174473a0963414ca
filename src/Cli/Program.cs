using GpuStyle.Cli;
using GpuStyle.Cli.Running;

StandardStreams.Take();
return CommandTree.Run(args);
