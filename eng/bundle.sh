#!/usr/bin/env bash
# Packs the command line, the tests and the benchmarks with the .NET runtime into one archive for linux-x64, for a machine that
# has a GPU and its driver but neither .NET nor a network:
#
#     eng/bundle.sh [ARCHIVE]        default: artifacts/gpustyle-bundle.tar.xz
#     tar xf gpustyle-bundle.tar.xz && gpustyle-bundle/gpustyle devices
#
# docs/gpu-checks.md, which is inside, says what to run there. BUNDLE_LEVEL is xz's level, 0 to 9: 0 is quick, the default is 6.
set -euo pipefail
cd "$(dirname "$0")/.."
archive=$(realpath -m "${1:-artifacts/gpustyle-bundle.tar.xz}")
most=$((60 * 1000 * 1000))
name=gpustyle-bundle
[ "$(uname -sm)" = "Linux x86_64" ] || { echo "The bundle is for linux-x64 and is made there." >&2; exit 1; }

# The runtime that this machine runs the program with.
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
version=$(dotnet --list-runtimes | awk '$1 == "Microsoft.NETCore.App" && $2 ~ /^10\.0\./ { print $2 }' | sort -V | tail -1)
[ -n "$version" ] || { echo "There is no .NET 10 runtime here." >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/$name
mkdir -p "$root/dotnet/shared/Microsoft.NETCore.App" "$root/dotnet/host/fxr"
dotnet publish tests -c Release -o "$root/app" -v quiet -nologo
find "$root/app/runtimes" -mindepth 1 -maxdepth 1 ! -name linux-x64 -exec rm -r {} +
find "$root/app" -name '*.pdb' -delete -o -maxdepth 1 -name '*.xml' -delete
cp "$dotnet/dotnet" "$dotnet/LICENSE.txt" "$dotnet/ThirdPartyNotices.txt" "$root/dotnet/"
cp -r "$dotnet/shared/Microsoft.NETCore.App/$version" "$root/dotnet/shared/Microsoft.NETCore.App/"
cp -r "$dotnet/host/fxr/$version" "$root/dotnet/host/fxr/"
cp eng/gpu-checks.sh docs/gpu-checks.md LICENSE "$root/"

# launcher NAME ASSEMBLY: a script that runs one of the programs with the runtime beside it.
launcher() {
  cat >"$root/$1" <<EOF
#!/bin/sh
here=\$(dirname "\$(readlink -f "\$0")")
export DOTNET_ROOT="\$here/dotnet" DOTNET_CLI_TELEMETRY_OPTOUT=1
exec "\$here/app/$2" "\$@"
EOF
  chmod +x "$root/$1"
}
launcher gpustyle gpustyle
launcher tests GpuStyle.Tests
launcher benchmarks GpuStyle.Benchmarks

mkdir -p "$(dirname "$archive")"
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner -cf - "$name" | xz -T0 "-${BUNDLE_LEVEL:-6}" >"$archive"
size=$(stat -c %s "$archive")
echo "$archive: $((size / 1000000)) MB"
[ "$size" -lt "$most" ] || { echo "That is more than $((most / 1000000)) MB." >&2; exit 1; }
