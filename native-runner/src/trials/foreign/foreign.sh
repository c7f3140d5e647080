#!/bin/sh
# Echoes one frame: a header of 48 bytes (letters, kind, length of the body), and the body.
exact() { dd bs=1 count="$1" 2>/dev/null; }
exact 4
exact 4 >/dev/null
printf '\006\000\000\000'
length=$(exact 8 | od -An -tu8 | tr -d ' ')
printf '%016x\n' "$length" | sed 's/\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)/\8\7\6\5\4\3\2\1/' |
    while read -r hex; do
        for at in 1 3 5 7 9 11 13 15; do
            pair=$(echo "$hex" | cut -c "$at-$((at + 1))")
            printf "\\$(printf '%03o' "0x$pair")"
        done
    done
exact 32 >/dev/null
head -c 32 /dev/zero
exact "$length"
