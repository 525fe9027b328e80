///<reference types="svelte" />
;
/** The state hash, and how to see that another machine comes to the same one. */
import { count } from './format.ts';
import type { RunView } from './page_model.ts';

;type $$ComponentProps =  { run: RunView; own_seed: boolean };function $$render() {

  
  
  

  const { run, own_seed }:/*Ωignore_startΩ*/$$ComponentProps/*Ωignore_endΩ*/ = $props();
  const command = $derived(`npx ringlab run ${run.scenario}${own_seed ? ` --seed ${run.seed}` : ''}`);
  let copied = $state(false);

  async function copy() {
    await navigator.clipboard.writeText(command);
    copied = true;
    setTimeout(() => {
      copied = false;
    }, 1500);
  }
;
async () => {

 { svelteHTML.createElement("section", {   "class":`card`,"aria-labelledby":`proof-title`,});
   { svelteHTML.createElement("h2", { "id":`proof-title`,});   }
   { svelteHTML.createElement("p", {});   count(run.events);             }
   { svelteHTML.createElement("p", { "class":`hash`,}); { svelteHTML.createElement("code", { ...__sveltets_2_empty({"data-testid":`state-hash`}),});run.state_hash; } }
   { svelteHTML.createElement("p", {});               }
   { svelteHTML.createElement("p", { "class":`command`,});
     { svelteHTML.createElement("code", {});command; }
     { svelteHTML.createElement("button", {   "type":`button`,"onclick":copy,});copied ? 'Copied' : 'Copy'; }
   }
 }


};
return { props: {} as any as $$ComponentProps, exports: {}, bindings: __sveltets_$$bindings(''), slots: {}, events: {} }}
const Proof__SvelteComponent_ = __sveltets_2_fn_component($$render());
/*Ωignore_startΩ*/type Proof__SvelteComponent_ = ReturnType<typeof Proof__SvelteComponent_>;
/*Ωignore_endΩ*/export default Proof__SvelteComponent_;