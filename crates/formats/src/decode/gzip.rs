//! gzip (RFC 1952): one member after the other.

use flate2::{Crc, Decompress};

use super::{Budget, Coding, DecodeError, Inflate, damaged, is_gzip, run};

/// Flags of a member's head (section 2.3.1).
const HEAD_CRC: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
const RESERVED: u8 = 0xe0;

pub(super) fn decode(mut body: &[u8], budget: &mut Budget<'_>, out: &mut Vec<u8>) -> Result<(), DecodeError> {
    let mut inflate = Inflate { coding: Coding::Gzip, state: Decompress::new(false) };
    let mut is_first = true;
    // After the last member there may be padding or garbage; the document before it is complete.
    while is_first || is_gzip(body) {
        budget.check()?;
        budget.member()?;
        body = after_head(body)?;
        inflate.state.reset(false);
        let start = out.len();
        run(&mut inflate, &mut body, budget, out)?;
        body = after_trailer(body, &out[start..])?;
        is_first = false;
    }
    Ok(())
}

/// The input after the head of a member.
fn after_head(body: &[u8]) -> Result<&[u8], DecodeError> {
    let (head, mut rest) = body.split_at_checked(10).ok_or(DecodeError::Truncated)?;
    let flags = head[3];
    if !is_gzip(head) || flags & RESERVED != 0 {
        return Err(damaged(Coding::Gzip, &"not the head of a member"));
    }
    if flags & EXTRA != 0 {
        let (length, after) = rest.split_first_chunk().ok_or(DecodeError::Truncated)?;
        rest = after.get(usize::from(u16::from_le_bytes(*length))..).ok_or(DecodeError::Truncated)?;
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            let end = rest.iter().position(|&byte| byte == 0).ok_or(DecodeError::Truncated)?;
            rest = &rest[end + 1..];
        }
    }
    let skipped = if flags & HEAD_CRC == 0 { 0 } else { 2 };
    rest.get(skipped..).ok_or(DecodeError::Truncated)
}

/// The input after the checksum and the length of a member, which are verified.
fn after_trailer<'b>(body: &'b [u8], plain: &[u8]) -> Result<&'b [u8], DecodeError> {
    let (trailer, rest) = body.split_first_chunk::<8>().ok_or(DecodeError::Truncated)?;
    let mut crc = Crc::new();
    crc.update(plain);
    let wanted = [crc.sum().to_le_bytes(), (plain.len() as u32).to_le_bytes()].concat();
    if trailer[..] == wanted[..] { Ok(rest) } else { Err(damaged(Coding::Gzip, &"wrong checksum")) }
}
