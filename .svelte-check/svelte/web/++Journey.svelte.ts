///<reference types="svelte" />
;
/** The first byte of the first stream, from the sender's memory to the buffer's return. */
import { moment } from './format.ts';
import type { JourneyStep } from './page_model.ts';

;type $$ComponentProps =  { steps: readonly JourneyStep[]; stages: readonly string[] };function $$render() {

  
  
  

  const { steps, stages }:/*Ωignore_startΩ*/$$ComponentProps/*Ωignore_endΩ*/ = $props();
  const first = $derived((steps.find((s) => s.begins) ?? steps[0])?.time_ns ?? 0);
;
async () => {

 { svelteHTML.createElement("section", {   "class":`card`,"aria-labelledby":`journey-title`,});
   { svelteHTML.createElement("h2", { "id":`journey-title`,});     }
   { svelteHTML.createElement("ol", {});
        for(let step of __sveltets_2_ensureArray(steps)){let i = 1;i;
      const changed = step.stage !== steps[i - 1]?.stage || step.host !== steps[i - 1]?.host;
      const crossed = step.host !== steps[i - 1]?.host;
      if(crossed){ { svelteHTML.createElement("li", { "class":`host`,});step.host; }}
       { svelteHTML.createElement("li", { });changed && !crossed;
         { svelteHTML.createElement("span", { "class":`stage`,});if(changed){ { svelteHTML.createElement("i", {});stages.indexOf(step.stage) + 1; } step.stage;} }
         { svelteHTML.createElement("span", { "class":`text`,});step.text; }
         { svelteHTML.createElement("span", {   "class":`time`,"title":`${moment(step.time_ns)} µs since the start of the run`,}); { svelteHTML.createElement("span", { "class":`hidden-visually`,});  }moment(step.time_ns - first); }
       }
    }
       { svelteHTML.createElement("li", { "class":`none`,});      }
    
   }
  if(steps.length > 0){
     { svelteHTML.createElement("p", { "class":`note`,});            moment(first);   }
  }
 }


};
return { props: {} as any as $$ComponentProps, exports: {}, bindings: __sveltets_$$bindings(''), slots: {}, events: {} }}
const Journey__SvelteComponent_ = __sveltets_2_fn_component($$render());
/*Ωignore_startΩ*/type Journey__SvelteComponent_ = ReturnType<typeof Journey__SvelteComponent_>;
/*Ωignore_endΩ*/export default Journey__SvelteComponent_;