/**
 * What it takes to show memory to the NIC and to hide it again (drivers/iommu/dma-iommu.c: iommu_dma_map_phys, iommu_dma_unmap_phys): a
 * page pool maps its pages while it has them, a driver what it sends while it is sent. Lazy: translations are forgotten later, many at
 * once (fq_flush_timeout); strict: each waits until the NIC has forgotten its own.
 *
 * Differs from Linux: what is sent is unmapped when it is mapped, because a transmit completion takes no time of a core; areas and
 * registered rings cost nothing.
 */
import { chargeTimes } from './charges';
import { hostConfig, MEM_IOMMU_LAZY, MEM_IOMMU_STRICT } from './config.gen';
import { COST_IOMMU_FLUSH, COST_IOMMU_MAP, COST_IOMMU_UNMAP } from './constants.gen';

export function iommuMap(host: u32, pages: u32): void {
  if (hostConfig(host).mem_iommu >= MEM_IOMMU_LAZY) chargeTimes(COST_IOMMU_MAP, pages);
}
/** Pages that are one mapping each. */
export function iommuUnmap(host: u32, pages: u32): void {
  const how = hostConfig(host).mem_iommu;
  if (how >= MEM_IOMMU_LAZY) chargeTimes(COST_IOMMU_UNMAP, pages);
  if (how == MEM_IOMMU_STRICT) chargeTimes(COST_IOMMU_FLUSH, pages);
}
