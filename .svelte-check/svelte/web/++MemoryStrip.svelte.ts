///<reference types="svelte" />
;
/** Every buffer of the area is in exactly one place: how many were where, over the run. Each curve has its own scale. */
import { bytes, count, duration } from './format.ts';
import type { MemoryView } from './page_model.ts';

;type $$ComponentProps =  { memory: MemoryView };function $$render() {

  
  
  

  const { memory }:/*Ωignore_startΩ*/$$ComponentProps/*Ωignore_endΩ*/ = $props();

  const WIDTH = 240;
  const HEIGHT = 32;
  const PLACES = [
    { key: 'live', name: 'live', about: 'holds payload that the stack or the application still needs' },
    { key: 'nic', name: 'at the NIC', about: 'posted to an RX queue, waiting for a frame' },
    { key: 'cache', name: 'in the pool', about: 'in the page pool, about to be posted' },
    { key: 'free', name: 'free', about: 'in the free list of the area' },
  ] as const;

  /** A staircase: a place keeps its count until the next sample. */
  function curve(series: readonly number[], most: number): string {
    const span = memory.times_ns.at(-1) || 1;
    const x = (i: number) => (((memory.times_ns[i] ?? 0) / span) * WIDTH).toFixed(1);
    const y = (n: number) => (HEIGHT - (n / Math.max(1, most)) * HEIGHT).toFixed(1);
    const steps = series.map((n, i) => `H${x(i)}V${y(n)}`);
    return `M0 ${HEIGHT}${steps.join('')}H${WIDTH}V${HEIGHT}Z`;
  }

  const rows = $derived(PLACES.map((place) => {
    const series = memory[place.key];
    return { ...place, path: curve(series, memory.most[place.key]), end: series.at(-1) ?? 0, most: memory.most[place.key] };
  }));
;
async () => {

 { svelteHTML.createElement("section", {   "class":`card`,"aria-labelledby":`memory-title`,});
   { svelteHTML.createElement("h2", { "id":`memory-title`,});    }
   { svelteHTML.createElement("p", { "class":`lead`,});count(memory.buffers);   bytes(memory.buffer_bytes);    bytes(memory.buffers * memory.buffer_bytes);    }
   { svelteHTML.createElement("div", {     "class":`strip`,"role":`img`,"aria-label":`Buffers by place at the end; the table has the numbers`,});
       for(let row of __sveltets_2_ensureArray(rows)){row.key;
       { svelteHTML.createElement("span", {  "class":row.key,});__sveltets_2_ensureType(String, Number, row.end); }
    }
   }
   { svelteHTML.createElement("table", {});
     { svelteHTML.createElement("thead", {});
       { svelteHTML.createElement("tr", {});
         { svelteHTML.createElement("th", { "scope":`col`,});  }
         { svelteHTML.createElement("th", {   "scope":`col`,"class":`when`,}); duration(memory.times_ns.at(-1) ?? 0); }
         { svelteHTML.createElement("th", { "scope":`col`,});  }
         { svelteHTML.createElement("th", { "scope":`col`,});   }
       }
     }
     { svelteHTML.createElement("tbody", {});
         for(let row of __sveltets_2_ensureArray(rows)){row.key;
         { svelteHTML.createElement("tr", {});
           { svelteHTML.createElement("th", { "scope":`row`,}); { svelteHTML.createElement("span", {   "class":`swatch ${row.key}`,"aria-hidden":`true`,}); }row.name; { svelteHTML.createElement("small", {});row.about; } }
           { svelteHTML.createElement("td", { "class":`when`,});
             { svelteHTML.createElement("svg", {     "viewBox":`0 0 ${WIDTH} ${HEIGHT}`,"preserveAspectRatio":`none`,"aria-hidden":`true`,}); { svelteHTML.createElement("path", {    "d":row.path,"class":row.key,});} }
           }
           { svelteHTML.createElement("td", {});count(row.most); }
           { svelteHTML.createElement("td", {});count(row.end); }
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