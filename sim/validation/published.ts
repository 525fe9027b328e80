/**
 * Published measurements: facts, with where they were published. A parameter may be set from a `fit` cell and never from a `check` cell:
 * those measure how wrong predictions are.
 */
import type { Cell } from './form.ts';

type Row = readonly [role: Cell['role'], cell: string, expected: number];
const family = (name: string, unit: string, source: string, rows: readonly Row[]): Cell[] =>
  rows.map(([role, cell, expected]) => ({ family: name, role, cell, unit, expected, source }));

export const PUBLISHED: readonly Cell[] = [
  ...family('F1_nop_batch', 'cycles/op', 'S10', [
    ['fit', 'batch=1', 1324.2], ['fit', 'batch=1024', 223.8], ['check', 'batch=2048', 227.3], ['check', 'batch=16', 283],
    ['check', 'batch=512', 225.3], ['check', 'batch=256', 228.6], ['check', 'batch=32', 248.1],
  ]),
  ...family('F2_sendzc_nic_2022', 'req/s', 'S5', [
    ['fit', '4000B non-zc', 495134], ['fit', '4000B zc', 606420], ['fit', '4000B zc+flush', 558971], ['fit', '600B non-zc', 596292],
    ['fit', '600B zc', 598550], ['fit', '600B zc+flush', 555366],
  ]),
  ...family('F2b_sendzc_dummy_2022', 'req/s', 'S5', [
    ['fit', '8000B non-zc', 1299916], ['fit', '8000B zc', 2396600], ['fit', '8000B zc+flush', 2224219],
    ['fit', '4000B non-zc', 1869230], ['fit', '4000B zc', 2344146], ['fit', '4000B zc+flush', 2170069],
    ['fit', '600B non-zc', 2106794], ['fit', '600B zc', 2381527], ['fit', '600B zc+flush', 2195295],
  ]),
  ...family('F3_sendzc_v2_nic_2021', 'Kreq/s', 'S6', [
    ['fit', '8192B n1z0', 264], ['fit', '8192B n8z0', 302], ['fit', '8192B mz_copy', 248], ['fit', '8192B mz_zc', 183],
    ['fit', '8192B n1f', 306], ['fit', '8192B n1', 318], ['fit', '8192B n8f', 373], ['fit', '8192B n8', 401],
    ['fit', '128B n1z0', 341], ['fit', '128B n8z0', 428], ['fit', '128B mz_copy', 317], ['fit', '128B mz_zc', 188],
    ['fit', '128B n1f', 318], ['fit', '128B n1', 331], ['fit', '128B n8f', 391], ['fit', '128B n8', 408],
    ['check', '1024B mz_zc', 186], ['check', '512B mz_copy', 310], ['check', '512B n8f', 392], ['check', '512B n1', 328],
    ['check', '512B n1f', 317], ['check', '1024B mz_copy', 301], ['check', '1024B n1', 327], ['check', '1024B n1f', 317],
    ['check', '512B mz_zc', 186], ['check', '4096B mz_copy', 278], ['check', '4096B mz_zc', 187], ['check', '4096B n1z0', 303],
  ]),
  ...family('F4_sendzc_dummy_2021', 'Kreq/s', 'S6', [
    ['fit', 'v2 4096B n1f', 1688], ['fit', 'v2 4096B n1', 1774], ['fit', 'v2 4096B n8f', 2075], ['fit', 'v2 4096B n8', 2265],
  ]),
  ...family('F4_sendzc_dummy_2021', 'MB/s', 'S7', [['fit', 'v1 65435B n8', 116079], ['check', 'v1 65435B n1f', 89310]]),
  ...family('F5_vldb_send_copy', 'cycles/request', 'S10', [
    ['fit', '64B', 2095.776], ['fit', '1024B', 3380.5312], ['fit', '8192B', 8513.9456], ['fit', '65536B', 34222.8992],
    ['fit', '1048576B', 438619.3408], ['check', '524288B', 216583.3728], ['check', '256B', 2750.5152],
    ['check', '131072B', 58995.5072], ['check', '512B', 2993.92], ['check', '4096B', 5554.176],
  ]),
  ...family('F5_vldb_send_zc', 'cycles/request', 'S10', [
    ['fit', '64B', 3399.8976], ['fit', '1024B', 4176.384], ['fit', '8192B', 7411.3024], ['fit', '65536B', 24254.8736],
    ['fit', '1048576B', 222298.112], ['check', '128B', 3357.8624], ['check', '256B', 4121.4976], ['check', '16384B', 13375.8976],
    ['check', '262144B', 63805.8496], ['check', '4096B', 5545.984],
  ]),
  ...family('F5_vldb_send_zc_fixed', 'cycles/request', 'S10', [
    ['fit', '64B', 2376.576], ['fit', '1024B', 3311.8208], ['fit', '8192B', 6286.5408], ['fit', '65536B', 14378.5984],
    ['fit', '1048576B', 151833.8048], ['check', '256B', 2918.4], ['check', '2048B', 3668.5824], ['check', '512B', 3110.5024],
    ['check', '128B', 2709.0176], ['check', '524288B', 81212.2112],
  ]),
  ...family('F5_vldb_recv_copy', 'cycles/request', 'S10', [
    ['fit', '64B', 3083.1488], ['fit', '1024B', 3779.6864], ['fit', '8192B', 8572.1088], ['fit', '65536B', 40317.7472],
    ['fit', '1048576B', 483288.6784], ['check', '262144B', 134899.3024], ['check', '131072B', 70713.344],
    ['check', '16384B', 12779.52], ['check', '4096B', 6228.7872], ['check', '524288B', 255328.256],
  ]),
  ...family('F5_vldb_recv_ringbuf', 'cycles/request', 'S10', [
    ['fit', '64B', 3455.1552], ['fit', '1024B', 4536.0128], ['fit', '8192B', 10380.9024], ['fit', '65536B', 46773.0432],
    ['fit', '1048576B', 600834.048], ['check', '131072B', 83755.008], ['check', '512B', 3873.4336], ['check', '4096B', 7309.312],
    ['check', '256B', 3625.1392], ['check', '2048B', 5515.8784],
  ]),
  ...family('F5_vldb_recv_multishot', 'cycles/request', 'S10', [
    ['fit', '64B', 1861.1648], ['fit', '1024B', 2792.3456], ['fit', '8192B', 7881.5232], ['fit', '65536B', 45278.8224],
    ['fit', '1048576B', 601568.0512], ['check', '32768B', 24064.8192], ['check', '256B', 2004.864], ['check', '16384B', 14095.1552],
    ['check', '524288B', 300679.168], ['check', '128B', 1884.4544],
  ]),
  ...family('F5_vldb_recv_zcrx', 'cycles/request', 'S10', [
    ['fit', '64B', 2629.2288], ['fit', '1024B', 3450.1632], ['fit', '8192B', 4725.9648], ['fit', '65536B', 11186.9952],
    ['fit', '1048576B', 131910.8608], ['check', '512B', 3068.7232], ['check', '2048B', 3659.3664], ['check', '32768B', 7667.712],
    ['check', '262144B', 35625.3696], ['check', '128B', 2680.2816],
  ]),
  ...family('F6_zcrx_2024', 'Gbps', 'S1', [
    ['fit', 'same-core epoll', 62.6], ['fit', 'same-core zcrx', 80.9],
  ]),
  ...family('F7_rx_buf_len_2025', 'ns/KB', 'S4', [
    ['fit', 'same-core 4K total CPU', 40.5365], ['fit', 'diff-core 4K total CPU', 53.9499],
    ['fit', 'same-core 32K total CPU', 28.1975],
  ]),
  // The same source by core, as a first cost model took it from the utilisation that is printed there.
  ...family('F7_rx_buf_len_2025', 'ns/KB', 'S4', [
    ['fit', 'same-core 4K softirq', 28.297], ['fit', 'same-core 4K app', 12.24], ['fit', 'same-core 32K softirq', 24.474],
    ['fit', 'same-core 32K app', 3.723], ['fit', 'diff-core 4K softirq', 31.772], ['fit', 'diff-core 4K app', 22.178],
  ]),
  ...family('F8_llc_miss', 'Gbps/core', 'S23', [
    ['fit', 'Sepia default 1 flow (0.9% miss)', 61.7284], ['fit', 'Sepia default 6 flows (60.4% miss)', 33.3333],
    ['check', 'Sepia best case 200G/3.5 cores (0.4% miss)', 57.1429],
    ['check', 'Sepia paper ring=2048 1 flow (16.5% miss, reported -11%)', 54.9383],
  ]),
  ...family('F9_ddio_ways', '%hit', 'S24', [
    ['fit', '2 ways', 38.93], ['check', '6 ways', 99.75],
  ]),
  ...family('F10_dram', 'DRAM B per egress B', 'S10', [
    ['fit', '4096B tuples default', 11.7496], ['fit', '64B tuples default', 16.7864],
  ]),
  ...family('F11_tcp_zc_rx', 'usec/MB', 'S18', [
    ['fit', 'mlx4 40G copy', 122.597], ['fit', 'mlx4 40G mmap', 45.4712],
  ]),
];
