///<reference types="svelte" />
;
/** What the scenario promises, checked by this run. */
import type { Expectation } from './page_model.ts';

;type $$ComponentProps =  { expectations: readonly Expectation[] };function $$render() {

  
  

  const { expectations }:/*Ωignore_startΩ*/$$ComponentProps/*Ωignore_endΩ*/ = $props();
;
async () => {

 { svelteHTML.createElement("section", {   "class":`card`,"aria-labelledby":`expect-title`,});
   { svelteHTML.createElement("h2", { "id":`expect-title`,});    }
   { svelteHTML.createElement("ul", {});
       for(let e of __sveltets_2_ensureArray(expectations)){e.text;
       { svelteHTML.createElement("li", { });!e.ok;
         { svelteHTML.createElement("span", {   "class":`mark`,"aria-hidden":`true`,});e.ok ? '✓' : '✗'; }
         { svelteHTML.createElement("span", {}); { svelteHTML.createElement("span", { "class":`hidden-visually`,});e.ok ? 'Held: ' : 'Broken: '; } { svelteHTML.createElement("code", {});e.text; }if(!e.ok){ { svelteHTML.createElement("small", {});  e.actual; }} }
       }
    }
       { svelteHTML.createElement("li", {});   }
    
   }
 }


};
return { props: {} as any as $$ComponentProps, exports: {}, bindings: __sveltets_$$bindings(''), slots: {}, events: {} }}
const Expectations__SvelteComponent_ = __sveltets_2_fn_component($$render());
/*Ωignore_startΩ*/type Expectations__SvelteComponent_ = ReturnType<typeof Expectations__SvelteComponent_>;
/*Ωignore_endΩ*/export default Expectations__SvelteComponent_;