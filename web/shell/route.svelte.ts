/** The open page, and what it keeps in the address. What follows the page's name is the page's own. */
import { readPlace, writePlace } from './route_text.ts';

class Route {
  page = $state('bench');
  rest = $state('');
  /** Counts what came from outside: links, the history, the address bar. Pages follow it; what they write themselves does not count. */
  visits = $state(0);
  /** Each page keeps its place while another one is shown. */
  readonly #kept = new Map<string, string>();

  /** Takes over the address that the browser shows. */
  follow(): void {
    const { page, rest } = readPlace(location.hash);
    this.#kept.set(this.page, this.rest);
    this.page = page;
    this.rest = rest;
    this.visits++;
  }

  /** Opens a page; without a rest, as it was left. */
  go(page: string, rest?: string): void {
    if (page === this.page && rest === undefined) return;
    this.#kept.set(this.page, this.rest);
    this.page = page;
    this.rest = rest ?? this.#kept.get(page) ?? '';
    history.pushState(null, '', writePlace(this));
    if (rest !== undefined) this.visits++;
  }

  /** A page says where in it one stands. The history does not grow. */
  keep(page: string, rest: string): void {
    this.#kept.set(page, rest);
    if (page !== this.page || rest === this.rest) return;
    this.rest = rest;
    history.replaceState(null, '', writePlace(this));
  }
}

export const route = new Route();
