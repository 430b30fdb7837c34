/**
 * What receives a file on a host: a POSIX shell script with the programs of coreutils or busybox.
 *
 * Arguments: final path, SHA-256 in hex, mode in octal. It prints `present` and ends when the file is there already,
 * otherwise `send`; then it reads the file from its input to the end and prints `placed`, or `digest` and the one that
 * the bytes really have.
 *
 * The unfinished file carries the script's process id, so that what a killed script left is told from what a living one,
 * with the path among its arguments, is at. `mv -T` never moves it into a directory of that name. A script whose
 * connection is lost has nobody to print to; it traps that too, or it would end without clearing up.
 */
export const placeScript = `set -u
export LC_ALL=C
umask 077
final=$1 want=$2 mode=$3
dir=\${final%/*}
stem=$dir/.\${final##*/}.part-

digest_of() {
  found=$(sha256sum <"$1") || exit
  found=\${found%% *}
}

if [ -f "$final" ]; then
  digest_of "$final"
  if [ "$found" = "$want" ]; then
    chmod "$mode" "$final" || exit
    echo present
    exit
  fi
fi
if [ -n "$dir" ]; then mkdir -p "$dir" || exit; fi
for old in "$stem"*; do
  [ ! -f "$old" ] || grep -qF -e "$final" "/proc/\${old##*-}/cmdline" 2>/dev/null || rm -f "$old"
done
part=$stem$$
trap 'rm -f "$part"' EXIT
trap 'exit 1' HUP INT TERM PIPE
: >"$part" || exit
echo send
cat >"$part" || exit
digest_of "$part"
if [ "$found" != "$want" ]; then
  echo "digest $found"
  exit
fi
chmod "$mode" "$part" && { sync "$part" 2>/dev/null || sync; } && mv -f -T "$part" "$final" || exit
sync "\${dir:-/}" 2>/dev/null || sync
echo placed
`;
