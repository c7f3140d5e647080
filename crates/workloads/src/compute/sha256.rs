//! `sha256`: a cryptographic digest of every page.

use sha2::{Digest, Sha256};

use super::{Input, PAGE, Share, Workload, nothing_more, random_page};

pub(super) static SHA256: Workload = Workload {
    id: "sha256",
    about: "SHA-256 of every 4 KiB: integer arithmetic in registers, a short answer to a long request",
    input: Input::Pages { make: random_page, neighbours: 0 },
    answer: DIGEST,
    run,
    finish: nothing_more,
};

const DIGEST: usize = 32;

fn run(_: &Share, input: &[u8], answer: &mut [u8]) {
    for (page, digest) in input.chunks_exact(PAGE).zip(answer.as_chunks_mut::<DIGEST>().0) {
        *digest = Sha256::digest(page).into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_published_digest() {
        // `head -c 4096 /dev/zero | sha256sum`
        let mut answer = [0; DIGEST];
        SHA256.shares(1, 1).unwrap()[0].run(&[0; PAGE], &mut answer);
        assert_eq!(answer[..4], [0xad, 0x7f, 0xac, 0xb2]);
    }
}
