/** The stretch of time that a view shows. Until somebody zooms it is all there is. */
const NARROWEST_NS = 40;

export class TimeWindow {
  from_ns = $state(0);
  to_ns = $state(1000);
  /** It grows with the run. */
  whole = $state(true);
  /** What zooming leaves in its place: where the pointer is. */
  anchor_ns: number | undefined;
  #begin = 0;
  #end = 1000;

  get span_ns(): number {
    return this.to_ns - this.from_ns;
  }

  /** All there is. */
  extend(begin_ns: number, end_ns: number): void {
    this.#begin = begin_ns;
    this.#end = Math.max(end_ns, begin_ns + NARROWEST_NS);
    if (this.whole) this.fit();
  }
  fit(): void {
    const margin = (this.#end - this.#begin) * 0.02;
    this.whole = true;
    this.from_ns = Math.max(0, this.#begin - margin);
    this.to_ns = this.#end + margin;
  }
  show(from_ns: number, to_ns: number): void {
    const all = this.#end * 1.1 - Math.min(0, this.#begin);
    const span = Math.min(Math.max(to_ns - from_ns, NARROWEST_NS), all);
    const middle = (from_ns + to_ns) / 2;
    const from = Math.max(0, Math.min(middle - span / 2, this.#end * 1.1 - span));
    this.whole = false;
    this.from_ns = from;
    this.to_ns = from + span;
  }
  /** `factor` below 1 shows less; the time at `at_ns` stays where it is. */
  zoom(factor: number, wanted_ns = this.anchor_ns): void {
    const inside = wanted_ns !== undefined && wanted_ns >= this.from_ns && wanted_ns <= this.to_ns;
    const at_ns = inside ? wanted_ns : (this.from_ns + this.to_ns) / 2;
    const span = Math.max(NARROWEST_NS, this.span_ns * factor);
    const share = (at_ns - this.from_ns) / this.span_ns;
    this.show(at_ns - share * span, at_ns + (1 - share) * span);
  }
  /** By a share of what is shown. */
  pan(share: number): void {
    this.show(this.from_ns + share * this.span_ns, this.to_ns + share * this.span_ns);
  }
  /** Follows a playhead that has left it. */
  keep(time_ns: number): void {
    if (this.whole || (time_ns >= this.from_ns && time_ns <= this.to_ns - this.span_ns * 0.08)) return;
    const span = this.span_ns;
    this.show(time_ns - span * 0.3, time_ns + span * 0.7);
  }
}
