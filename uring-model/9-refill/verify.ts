/** The ledger, recounted: every buffer of every area is in exactly one place, with the references that the place allows. */
import { AREAS_MAX, IFQS_MAX, NONE } from '../../sim/core';
import { areaPlaceCounts, netmem, PLACE_FREE, PLACE_LIVE } from '../../stack/3-pool';
import { Area, areaAt, ifqAt } from './state';

function verifyArea(area_idx: u32, a: Area): u32 {
  let on_loan: u32 = 0;
  const seen = areaPlaceCounts(area_idx);
  let places: u64 = 0;
  let places_high: u64 = 0;
  for (let i: u32 = 0; i < a.num_niovs; i++) {
    const n = netmem(a.first + i);
    const place = n.place;
    if (place < 2) places += (<u64>1) << (<u64>place * 32);
    else places_high += (<u64>1) << ((<u64>place - 2) * 32);
    assert(n.area == <u16>area_idx && n.niov_idx == i, 'Z6 a buffer keeps its area and its index');
    assert(n.pp_ref >= n.user_ref, 'Z7 each user reference came with a page-pool reference');
    if (place == PLACE_FREE) assert(n.pp_ref == 0 && n.user_ref == 0, 'Z8 a free buffer has no references');
    if (n.user_ref != 0) {
      assert(place == PLACE_LIVE, 'Z9 a buffer on loan is live');
      on_loan++;
    }
  }
  assert(<u32>places == load<u32>(seen) && <u32>(places >> 32) == load<u32>(seen, 4), 'Z10 free and cached buffers are counted right');
  assert(<u32>places_high == load<u32>(seen, 8) && <u32>(places_high >> 32) == load<u32>(seen, 12), 'Z10 posted and live ones too');
  assert(<u32>places == a.free_count, 'Z2 a free list holds each free buffer once');
  return on_loan;
}

/** Entries of a free list are different free buffers. */
function verifyFreelist(area_idx: u32, a: Area): void {
  for (let i: u32 = 0; i < a.free_count; i++) {
    const idx = load<u32>(<usize>a.freelist + (<usize>i << 2));
    assert(idx >= a.first && idx < a.first + a.num_niovs, 'Z11 a free list holds buffers of its own area');
    const n = netmem(idx);
    // Its link is unused while it is a net_iov: it marks the buffers seen.
    assert(n.place == PLACE_FREE && n.next == NONE, 'Z2 a free list holds each free buffer once');
    n.next = i;
  }
  for (let i: u32 = 0; i < a.free_count; i++) netmem(load<u32>(<usize>a.freelist + (<usize>i << 2))).next = NONE;
}

/** Checks every area by scanning. Returns the number of buffers looked at. */
export function refillVerify(): u32 {
  let checked: u32 = 0;
  for (let i: u32 = 0; i < IFQS_MAX; i++) {
    const q = ifqAt(i);
    if (q.used == 0) continue;
    let on_loan: u32 = 0;
    for (let k: u32 = 0; k < AREAS_MAX; k++) {
      const a = areaAt(k);
      if (a.used == 0 || a.ifq != i) continue;
      on_loan += verifyArea(k, a);
      verifyFreelist(k, a);
      checked += a.num_niovs;
    }
    assert(on_loan == q.loans, 'Z12 loans of an instance are those of its buffers');
    assert(q.rq_entries != 0 && popcnt<u32>(q.rq_entries) == 1, 'Z13 a refill ring has a power of two of entries');
  }
  return checked;
}
