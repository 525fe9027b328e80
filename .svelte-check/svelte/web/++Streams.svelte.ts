///<reference types="svelte" />
;
/** What each application got, and how much of it nobody had to copy. */
import { bytes, count, percent } from './format.ts';
import type { StreamView } from './page_model.ts';

;type $$ComponentProps =  { streams: readonly StreamView[] };function $$render() {

  
  
  

  const { streams }:/*Ωignore_startΩ*/$$ComponentProps/*Ωignore_endΩ*/ = $props();
  const SHOWN = 12;
  let all = $state(false);
  const rows = $derived(all ? streams : streams.slice(0, SHOWN));
;
async () => {

 { svelteHTML.createElement("section", {   "class":`card`,"aria-labelledby":`streams-title`,});
   { svelteHTML.createElement("h2", { "id":`streams-title`,});  }
   { svelteHTML.createElement("div", { "class":`scroll`,});
     { svelteHTML.createElement("table", {});
       { svelteHTML.createElement("thead", {});
         { svelteHTML.createElement("tr", {});
           { svelteHTML.createElement("th", { "scope":`col`,});  }
           { svelteHTML.createElement("th", { "scope":`col`,});  }
           { svelteHTML.createElement("th", { "scope":`col`,});  }
           { svelteHTML.createElement("th", {   "scope":`col`,"class":`wide`,});  }
           { svelteHTML.createElement("th", {   "scope":`col`,"class":`wide`,});  }
           { svelteHTML.createElement("th", {   "scope":`col`,"class":`wide`,});  }
           { svelteHTML.createElement("th", { "scope":`col`,});  }
         }
       }
       { svelteHTML.createElement("tbody", {});
           for(let s of __sveltets_2_ensureArray(rows)){s.id;
           { svelteHTML.createElement("tr", {});
             { svelteHTML.createElement("th", { "scope":`row`,});s.id; { svelteHTML.createElement("small", { "class":`wide`,}); s.peer; } }
             { svelteHTML.createElement("td", {});bytes(s.bytes); }
             { svelteHTML.createElement("td", {});
               { svelteHTML.createElement("span", {   "class":`bar`,"aria-hidden":`true`,}); { svelteHTML.createElement("span", { });__sveltets_2_ensureType(String, Number, `${s.bytes === 0 ? 0 : (100 * s.zero_copy_bytes) / s.bytes} `); } }
              percent(s.zero_copy_bytes, s.bytes);
             }
             { svelteHTML.createElement("td", { "class":`wide`,});bytes(s.copied_bytes);if(s.copied_why){ { svelteHTML.createElement("small", {});s.copied_why; }} }
             { svelteHTML.createElement("td", { "class":`wide`,});count(s.segments); }
             { svelteHTML.createElement("td", { "class":`wide`,});count(s.cqes); }
             { svelteHTML.createElement("td", { });!s.ok;
               { svelteHTML.createElement("code", { "title":s.sha256,});s.sha256.slice(0, 8) || '–'; }
              if(s.sha256){ { svelteHTML.createElement("span", { "class":`mark`,});s.ok ? '✓' : '✗'; { svelteHTML.createElement("span", { "class":`wide`,});s.ok ? ' as sent' : ' not as sent'; } }}
             }
           }
        }
       }
     }
   }
  if(streams.length > SHOWN){
     { svelteHTML.createElement("button", {   "type":`button`,"onclick":() => { all = !all; },});all ? 'Show fewer' : `Show all ${count(streams.length)}`; }
  }
 }


};
return { props: {} as any as $$ComponentProps, exports: {}, bindings: __sveltets_$$bindings(''), slots: {}, events: {} }}
const Streams__SvelteComponent_ = __sveltets_2_fn_component($$render());
/*Ωignore_startΩ*/type Streams__SvelteComponent_ = ReturnType<typeof Streams__SvelteComponent_>;
/*Ωignore_endΩ*/export default Streams__SvelteComponent_;