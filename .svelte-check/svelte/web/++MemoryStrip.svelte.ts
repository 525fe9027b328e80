///<reference types="svelte" />
;
/** Every buffer of the area is in exactly one place: how many were where, over the run. */
import { bytes, count, duration, percent } from './format.ts';
import type { MemoryView } from './page_model.ts';

;type $$ComponentProps =  { memory: MemoryView };function $$render() {

  
  
  

  const { memory }:/*Ωignore_startΩ*/$$ComponentProps/*Ωignore_endΩ*/ = $props();

  const WIDTH = 600;
  const HEIGHT = 160;
  const PLACES = [
    { key: 'live', name: 'live', about: 'holds payload that the stack or the application still needs' },
    { key: 'nic', name: 'at the NIC', about: 'posted to an RX queue, waiting for a frame' },
    { key: 'cache', name: 'pool cache', about: 'in the page pool, about to be posted' },
    { key: 'free', name: 'free', about: 'in the free list of the area' },
  ] as const;

  /** Areas stacked from the bottom: live, NIC, cache; what is left to the top is free. */
  const bands = $derived.by(() => {
    const span = memory.times_ns.at(-1) || 1;
    const x = (i: number) => ((memory.times_ns[i] ?? 0) / span) * WIDTH;
    const y = (n: number) => HEIGHT - (n / memory.buffers) * HEIGHT;
    const low = memory.times_ns.map(() => 0);
    return PLACES.map((place) => {
      const series = memory[place.key];
      const bottom = [...low];
      series.forEach((n, i) => {
        low[i] = (low[i] ?? 0) + n;
      });
      const point = (i: number, n: number) => `${x(i).toFixed(1)} ${y(n).toFixed(1)}`;
      const top = low.map((n, i) => point(i, n));
      const back = bottom.map((n, i) => point(i, n)).reverse();
      const most = series.reduce((a, b) => Math.max(a, b), 0);
      return { ...place, path: `M${[...top, ...back].join('L')}Z`, end: series.at(-1) ?? 0, most };
    });
  });
;
async () => {

 { svelteHTML.createElement("section", {   "class":`card`,"aria-labelledby":`memory-title`,});
   { svelteHTML.createElement("h2", { "id":`memory-title`,});    }
   { svelteHTML.createElement("p", { "class":`lead`,});count(memory.buffers);   bytes(memory.buffer_bytes);    bytes(memory.buffers * memory.buffer_bytes); }
   { svelteHTML.createElement("svg", {       "viewBox":`0 0 ${WIDTH} ${HEIGHT}`,"preserveAspectRatio":`none`,"role":`img`,"aria-label":`Buffers by place over the run; the table below has the numbers`,});
       for(let band of __sveltets_2_ensureArray(bands)){band.key;
       { svelteHTML.createElement("path", {    "d":band.path,"class":band.key,});}
    }
   }
   { svelteHTML.createElement("p", {   "class":`axis`,"aria-hidden":`true`,}); { svelteHTML.createElement("span", {});  } { svelteHTML.createElement("span", {});  } { svelteHTML.createElement("span", {});duration(memory.times_ns.at(-1) ?? 0); } }
   { svelteHTML.createElement("table", {});
     { svelteHTML.createElement("thead", {});
       { svelteHTML.createElement("tr", {}); { svelteHTML.createElement("th", { "scope":`col`,});  } { svelteHTML.createElement("th", { "scope":`col`,});  } { svelteHTML.createElement("th", { "scope":`col`,});   } { svelteHTML.createElement("th", {   "scope":`col`,"class":`share`,});  } }
     }
     { svelteHTML.createElement("tbody", {});
         for(let band of __sveltets_2_ensureArray(bands)){band.key;
         { svelteHTML.createElement("tr", {});
           { svelteHTML.createElement("th", { "scope":`row`,}); { svelteHTML.createElement("span", {   "class":`swatch ${band.key}`,"aria-hidden":`true`,}); }band.name; { svelteHTML.createElement("small", {});band.about; } }
           { svelteHTML.createElement("td", {});count(band.most); }
           { svelteHTML.createElement("td", {});count(band.end); }
           { svelteHTML.createElement("td", { "class":`share`,});percent(band.end, memory.buffers); }
         }
      }
     }
   }
 }


};
return { props: {} as any as $$ComponentProps, exports: {}, bindings: __sveltets_$$bindings(''), slots: {}, events: {} }}
const MemoryStrip__SvelteComponent_ = __sveltets_2_fn_component($$render());
/*Ωignore_startΩ*/type MemoryStrip__SvelteComponent_ = ReturnType<typeof MemoryStrip__SvelteComponent_>;
/*Ωignore_endΩ*/export default MemoryStrip__SvelteComponent_;