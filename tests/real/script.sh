# SPDX-License-Identifier: MIT
# What a person does with a shell all day, over real text.  Run by the same
# busybox on Mitos and on the host; every byte of the output must be the same.
# $1 is the folder with `licenses` and `text`; $2 an empty one to work in.
data=$1 work=$2
cd "$data" || exit 1
export LC_ALL=C TZ=UTC0

say() { echo "== $*"; }

say find and sort
find . -type f | sort
find . -type l | sort
find licenses -name 'GPL*' | sort | xargs ls | wc -l

say checksums
find licenses -type f | sort | xargs md5sum
sha256sum text/*
cksum text/lines
cat licenses/* | wc
wc -c text/*

say words
cat licenses/* | tr -cs 'A-Za-z' '\n' | tr A-Z a-z | sort | uniq -c |
	sort -k1,1nr -k2 | head -40
cut -d' ' -f2 text/lines | sort | uniq -c | sort -rn | head -5
awk '{ n[$1 % 17] += length($0) } END { for (i = 0; i < 17; i++) print i, n[i] }' \
	text/lines
awk -F'[^A-Za-z]+' '{ for (i = 1; i <= NF; i++) if (length($i) > 12) w[tolower($i)]++ }
	END { for (x in w) print w[x], x }' licenses/* | sort -rn -k1,1 -k2 | head -20

say sed and grep
sed -n 's/\([Ll]icen[sc]e\)/<\1>/gp' licenses/BSD licenses/Artistic | head -25
sed -e '1,20d' -e 's/^[ \t]*//' -e '/^$/d' -e 'y/abc/xyz/' licenses/GPL-2 | md5sum
grep -c . licenses/* | sort
grep -n -i -w warranty licenses/GPL-3
grep -E -o '[0-9]{4}' licenses/* | sort | uniq -c | sort -rn | head
grep -v -F e text/lines | wc -l
fgrep -l -r 'Free Software' licenses | sort

say pipes
yes line | head -100000 | tail -n 3
seq 1 20000 | awk '$1 % 7 == 0' | tac | head -5
cat text/lines text/lines | sort -u | comm -12 - text/sorted | wc -l
dd if=text/lines bs=4096 count=25 2>/dev/null | od -An -tx1 | tail -4
head -c 100000 text/lines | fold -w 40 | nl | tail -3
(cat text/lines | while read -r number rest; do
	[ "$number" -gt 300 ] && break
	echo "$rest"
done) | md5sum
tee "$work/one" < text/lines | tee "$work/two" | cmp - text/lines && echo alike
cmp "$work/one" "$work/two" && echo alike

say archives
tar -cf "$work/all.tar" licenses text 2>&1
tar -tf "$work/all.tar" | sort | md5sum
mkdir "$work/out" && tar -xf "$work/all.tar" -C "$work/out"
diff -r "$data" "$work/out" && echo the same tree
gzip -9 -c text/lines > "$work/lines.gz"
gzip -t "$work/lines.gz" && echo good
gunzip -c "$work/lines.gz" | md5sum
tar -cf - licenses | gzip | gunzip | tar -xOf - licenses/GPL-1 | md5sum
bzip2 -c licenses/GPL-3 | bunzip2 | md5sum

say the shell
sum=0
for i in 1 2 3 4 5 6 7 8 9 10; do sum=$((sum + i * i)); done
echo "sum $sum"
f() { local x=$1; [ "$x" -le 1 ] && echo 1 || echo $((x * $(f $((x - 1))))); }
f 8
cat << END
from here: $sum $(basename "$data/text") \$quoted
END
cat <<- 'END'
	as it is: $sum `echo no`
	END
(cd licenses; x=inside; echo "$x"; exit 3); echo "status $? ${x-unset}"
{ echo out; echo err >&2; } > "$work/o" 2> "$work/e"
cat "$work/e" "$work/o"
{ echo both; echo streams >&2; } > "$work/both" 2>&1; cat "$work/both"
echo more >> "$work/both"; wc -l < "$work/both"
exec 5> "$work/five"; echo five >&5; exec 5>&-; cat "$work/five"
case $(head -c 3 text/lines) in [0-9]*) echo number;; *) echo other;; esac
false || true && echo chain
trap 'echo leaving the subshell' EXIT; (trap 'echo bye' EXIT; :)
trap - EXIT
set -- a 'b c' d; echo $# "$2" "$*"
for w in "$@"; do printf '[%s]' "$w"; done; echo
v=/usr/share/common-licenses/GPL-3
echo "${v##*/} ${v%/*} ${#v} ${v:-none}"
sleep 0.1 & wait $!; echo "waited $?"
(kill -9 $(exec sh -c 'echo $PPID')) 2>/dev/null; echo "killed $?"
sh -c 'kill -TERM $$'; echo "status $?"
expr 6 \* 7
printf '%05d %x %s\n' 42 255 end
test -d licenses -a -f text/lines && echo there

say files
cd "$work" || exit 1
mkdir -p a/b/c && touch a/b/c/file && mv a/b/c a/d && find a | sort
ln -s d/file a/link && readlink a/link && cat a/link && ls a
ln a/d/file a/hard && echo data > a/hard && cat a/link
cp -r a copy && diff -r a copy && echo copied
chmod 600 a/hard && stat -c '%a %s %h %F' a/hard a/link && stat -c '%a %F' a/d
truncate -s 10000 hole && echo end >> hole && wc -c hole && md5sum hole
touch -d '2001-02-03 04:05:06' a/hard && date -r a/hard '+%Y %j %H:%M:%S'
rm -r a && ls -d a copy 2>/dev/null
ls nothing 2> /dev/null; echo "status $?"
rmdir copy 2> /dev/null || echo not empty
split -b 300000 "$data/text/lines" part. && ls part.* && cat part.* | md5sum
find . -type f | sort | xargs wc -c | tail -1
: > empty; [ -s empty ] || echo empty
paste -d: "$data/text/sorted" "$data/text/lines" | head -2
uuencode empty < "$data/text/sorted" | uudecode -o - | cmp - "$data/text/sorted"
base64 < "$data/text/sorted" | md5sum && echo the end
