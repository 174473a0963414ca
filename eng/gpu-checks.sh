#!/usr/bin/env bash
# Every check that waits for an NVIDIA GPU, in one command, from an unpacked bundle (eng/bundle.sh):
#
#     ./gpu-checks.sh [--peer SCRIPT] [--picture FILE] [--out FOLDER] [--device ID] [--minutes N]
#
# Needs the driver alone. --peer names a PyTorch script that takes --size, --mode tf32|best, --evaluations and --steps, and prints
# one line of JSON; it is then run in turn with the program. --picture names a square picture for whole runs, which are skipped
# without it. compute-sanitizer is used where it is found. Reports go to FOLDER (default: gpu-checks), each as soon as its check is over,
# the most telling first. No check begins after N minutes (default: 8), and one that has not ended by then is stopped; started again with the
# same FOLDER, options and bundle, the script goes on with those that have not passed, those that were stopped last. The exit code is 1 if a
# check failed, 3 if some are left.
# docs/gpu-checks.md says what to look for.
set -uo pipefail
here=$(dirname "$(readlink -f "$0")")
peer= picture= out=gpu-checks device=cuda minutes=8
while [ $# -gt 0 ]; do
  [ $# -gt 1 ] || { echo "$1 lacks its value" >&2; exit 1; }
  case $1 in
    --peer) peer=$2 ;;
    --picture) picture=$2 ;;
    --out) out=$2 ;;
    --device) device=$2 ;;
    --minutes) minutes=$2 ;;
    *) echo "$1: unknown; there are --peer, --picture, --out, --device and --minutes" >&2; exit 1 ;;
  esac
  shift 2
done
[[ $minutes =~ ^[0-9]+$ ]] || { echo "--minutes wants a whole number" >&2; exit 1; }
"$here/gpustyle" bench --device "$device" --size 64 --evaluations 1 >/dev/null || exit 1
mkdir -p "$out"
# What has passed counts for the same bundle and options alone.
what="$(cat "$here"/app/GpuStyle.*.dll 2>/dev/null | sha256sum) $device $peer $picture"
[ "$(cat "$out/of" 2>/dev/null)" = "$what" ] || rm -f "$out/passed" "$out/stopped"
echo "$what" >"$out/of"
touch "$out/passed" "$out/stopped"
before=$(cat "$out/stopped")
: >"$out/stopped"
failed=0 left= last=
export here peer picture out device

# check NAME COMMAND...: runs it, keeps what it prints, says how it went.
check() {
  local name=$1 start=$SECONDS code=0 remaining=$((60 * minutes - SECONDS))
  shift
  # Those that were stopped before come last.
  if grep -qxF "$name" <<<"$before"; then [ $last ] || return; else [ -z $last ] || return; fi
  if grep -qxF "$name" "$out/passed"; then echo "passed  $name before"; return; fi
  if [ $remaining -le 0 ]; then left+=" $name"; return; fi
  timeout -k 10 $remaining bash -c '"$@"' check "$@" >"$out/$name.txt" 2>&1 || code=$?
  case $code in
    0) echo "passed  $name ($((SECONDS - start)) s)"; echo "$name" >>"$out/passed" ;;
    124|137) echo "stopped $name after $((SECONDS - start)) s: $out/$name.txt"; left+=" $name"; echo "$name" >>"$out/stopped" ;;
    *) echo "FAILED  $name (exit code $code, $((SECONDS - start)) s): $out/$name.txt"; failed=1 ;;
  esac
}

# beside SIZE PRECISION MODE [MORE...]: the program's evaluations and the peer's, in turn, three times.
beside() {
  local size=$1 precision=$2 mode=$3
  shift 3
  for _ in 1 2 3; do
    "$here/gpustyle" bench --device "$device" --precision "$precision" --size "$size" --evaluations 30 --json || return 1
    [ -z "$peer" ] || python3 "$peer" --size "$size" --mode "$mode" --evaluations 30 "$@" || return 1
  done
}

# run PRECISION MODE: 500 iterations of L-BFGS at 512 px, the whole program, and the peer's steps.
run() {
  for _ in 1 2 3; do
    time "$here/gpustyle" transfer "$picture" "$picture" --size 512 --scales 1 --iterations 500 --weights built-in --device "$device" --precision "$1" --quiet -o "$out/run-$1.png" || return 1
    [ -z "$peer" ] || python3 "$peer" --size 512 --mode "$2" --evaluations 5 --steps 500 || return 1
  done
}

# sanitize TOOL: compute-sanitizer over the operations' tests, and whether it ran them.
sanitize() {
  set -o pipefail
  compute-sanitizer --tool "$1" --target-processes all --error-exitcode 3 "$here/tests" \
    -method '*CudaOperationTests.Every_tiny_case_is_right' -method '*CudaTf32OperationTests.*' -method '*CudaFp16OperationTests.*' |
    tee "$out/$1.seen" || return 1
  grep -q 'Total: 4,.* Skipped: 0' "$out/$1.seen" || { echo "It did not run the four tests."; return 1; }
}
export -f beside run sanitize

checks() {
  check devices "$here/gpustyle" devices
  check tests-operations "$here/tests" -class '*CudaOperationTests' -class '*CudaTf32OperationTests' -class '*CudaFp16OperationTests'
  check evaluation-512-tf32 beside 512 tf32 tf32
  check evaluation-512-fp16 beside 512 fp16 best
  check launches "$here/benchmarks" launches --device "$device"
  check registers "$here/benchmarks" gpu-kernels
  if [ -n "$picture" ]; then check run-tf32 run tf32 tf32; fi
  for precision in tf32 fp16 fp32; do
    check "kernels-$precision" "$here/benchmarks" kernels --device "$device" --precision $precision
  done
  check tests "$here/tests"
  if [ -n "$picture" ]; then check run-fp16 run fp16 best; fi
  for size in 1024 2048; do
    check "evaluation-$size-tf32" beside $size tf32 tf32
    check "evaluation-$size-fp16" beside $size fp16 best
  done
  if command -v compute-sanitizer >/dev/null; then
    for tool in memcheck racecheck; do check "$tool" sanitize "$tool"; done
  fi
}

checks
last=1
checks
[ "$picture" ] || echo "skipped run-tf32 and run-fp16: no --picture"
command -v compute-sanitizer >/dev/null || echo "skipped memcheck and racecheck: compute-sanitizer is not on the path"
[ -z "$left" ] || echo "left for the next time:$left"
[ $failed = 0 ] || exit 1
[ -z "$left" ] || exit 3
