///<reference types="svelte" />
;
import { onMount } from 'svelte';
import { readAddress, writeAddress } from './address.ts';
import Expectations from './Expectations.svelte';
import { bytes, count, duration, percent } from './format.ts';
import Journey from './Journey.svelte';
import MemoryStrip from './MemoryStrip.svelte';
import type { RunView } from './page_model.ts';
import Proof from './Proof.svelte';
import Road from './Road.svelte';
import { RunClient } from './run_client.ts';
import { SCENARIOS } from './scenarios.ts';
import Streams from './Streams.svelte';
function $$render() {

  
  
  
  
  
  
  
  
  
  
  
  

  const client = new RunClient();
  let scenario = $state(SCENARIOS[0]?.name ?? '');
  let seed_text = $state('');
  let run = $state.raw<RunView>();
  let shown_seed = $state<number>();
  let error = $state('');
  let busy = $state(false);
  let progress_ns = $state(0);

  const about = $derived(SCENARIOS.find((s) => s.name === scenario)?.about ?? '');
  const total = $derived(run?.streams.reduce((n, s) => n + s.bytes, 0) ?? 0);
  const zero_copy = $derived(run?.streams.reduce((n, s) => n + s.zero_copy_bytes, 0) ?? 0);
  const broken = $derived(run?.expectations.filter((e) => !e.ok).length ?? 0);

  async function start() {
    const entry = SCENARIOS.find((s) => s.name === scenario);
    if (!entry) return;
    const seed = /^\d{1,15}$/.test(seed_text) ? Number(seed_text) : undefined;
    history.replaceState(null, '', writeAddress({ scenario, seed }));
    busy = true;
    error = '';
    progress_ns = 0;
    try {
      run = await client.run({ scenario: { name: entry.name, text: entry.text }, seed }, (ns) => {
        progress_ns = ns;
      });
      shown_seed = seed;
    } catch (e) {
      run = undefined;
      error = e instanceof Error ? e.message : String(e);
    }
    busy = false;
  }

  function follow() {
    const address = readAddress(location.hash);
    if (address.scenario !== undefined && SCENARIOS.some((s) => s.name === address.scenario)) scenario = address.scenario;
    seed_text = address.seed === undefined ? '' : String(address.seed);
    void start();
  }

  onMount(follow);
;
async () => {

 { svelteHTML.createElement("svelte:window", {  "onhashchange":follow,});}

 { svelteHTML.createElement("header", {});
   { svelteHTML.createElement("div", { "class":`title`,});
     { svelteHTML.createElement("h1", {}); { svelteHTML.createElement("span", {   "aria-hidden":`true`,"class":`logo`,}); }  }
     { svelteHTML.createElement("p", {});                   }
   }
   { svelteHTML.createElement("form", {   "onsubmit":(event) => {
      event.preventDefault();
      void start();
    },});
     { svelteHTML.createElement("label", {});
       { svelteHTML.createElement("span", {});  }
       { svelteHTML.createElement("select", {   "bind:value":scenario,"onchange":start,});/*Ωignore_startΩ*/() => scenario = __sveltets_2_any(null);/*Ωignore_endΩ*/
           for(let s of __sveltets_2_ensureArray(SCENARIOS)){s.name;
           { svelteHTML.createElement("option", { "value":s.name,});s.name; }
        }
       }
     }
     { svelteHTML.createElement("label", { "class":`seed`,});
       { svelteHTML.createElement("span", {});  }
       { svelteHTML.createElement("input", {            "bind:value":seed_text,"inputmode":`numeric`,"pattern":`[0-9]*`,"placeholder":String(run?.seed ?? 1),"maxlength":15,"autocomplete":`off`,});/*Ωignore_startΩ*/() => seed_text = __sveltets_2_any(null);/*Ωignore_endΩ*/}
     }
     { svelteHTML.createElement("button", { "type":`submit`,});  }
   }
 }

 { svelteHTML.createElement("main", { "aria-busy":busy,});
   { svelteHTML.createElement("p", { "class":`about`,});about; }

  if(error){
     { svelteHTML.createElement("section", {   "class":`card error`,"role":`alert`,});
       { svelteHTML.createElement("h2", {});   }
       { svelteHTML.createElement("pre", {});error; }
     }
  }

  if(run){
     { svelteHTML.createElement("section", {   "class":`figures`,"aria-label":`The run in numbers`,});
       { svelteHTML.createElement("div", {}); { svelteHTML.createElement("b", {});bytes(total); } { svelteHTML.createElement("span", {});  count(run.streams.length); run.streams.length === 1 ? 'stream' : 'streams'; } }
       { svelteHTML.createElement("div", {}); { svelteHTML.createElement("b", { "class":`payload`,});percent(zero_copy, total); } { svelteHTML.createElement("span", {});         } }
       { svelteHTML.createElement("div", {}); { svelteHTML.createElement("b", { });run.dropped > 0;count(run.dropped); } { svelteHTML.createElement("span", {});  } }
       { svelteHTML.createElement("div", {}); { svelteHTML.createElement("b", {});duration(run.traffic_ns || run.virtual_ns); } { svelteHTML.createElement("span", {});      duration(run.wall_ms * 1e6); } }
       { svelteHTML.createElement("div", {});
         { svelteHTML.createElement("b", { });broken > 0;broken === 0 ? 'as promised' : `${broken} broken`; }
         { svelteHTML.createElement("span", {});run.expectations.length;     }
       }
     }

     { svelteHTML.createElement("div", { "class":`card`,}); { const $$_daoR2C = __sveltets_2_ensureComponent(Road); new $$_daoR2C({ target: __sveltets_2_any(), props: {    "stages":run.stages,"returned":run.stages[8]?.facts[0]?.value ?? 0,}});} }

     { svelteHTML.createElement("div", { "class":`two`,});
       { const $$_yenruoJ2C = __sveltets_2_ensureComponent(Journey); new $$_yenruoJ2C({ target: __sveltets_2_any(), props: {    "steps":run.journey,"stages":run.stages.map((s) => s.name),}});}
       { svelteHTML.createElement("div", { "class":`column`,});
        if(run.memory){ { const $$_pirtSyromeM3C = __sveltets_2_ensureComponent(MemoryStrip); new $$_pirtSyromeM3C({ target: __sveltets_2_any(), props: {  "memory":run.memory,}});}}
         { const $$_snoitatcepxE3C = __sveltets_2_ensureComponent(Expectations); new $$_snoitatcepxE3C({ target: __sveltets_2_any(), props: {  "expectations":run.expectations,}});}
         { const $$_foorP3C = __sveltets_2_ensureComponent(Proof); new $$_foorP3C({ target: __sveltets_2_any(), props: {   run,"own_seed":shown_seed !== undefined,}});}
       }
     }
     { const $$_smaertS1C = __sveltets_2_ensureComponent(Streams); new $$_smaertS1C({ target: __sveltets_2_any(), props: {  "streams":run.streams,}});}
  } else if (!error){
     { svelteHTML.createElement("div", {   "class":`card waiting`,"role":`status`,}); scenario;  progress_ns > 0 ? duration(progress_ns) : ''; }
  }
 }

 { svelteHTML.createElement("footer", {});
   { svelteHTML.createElement("p", {});                      }
 }


};
return { props: {} as Record<string, never>, exports: {}, bindings: __sveltets_$$bindings(''), slots: {}, events: {} }}
const App__SvelteComponent_ = __sveltets_2_fn_component($$render());
/*Ωignore_startΩ*/type App__SvelteComponent_ = ReturnType<typeof App__SvelteComponent_>;
/*Ωignore_endΩ*/export default App__SvelteComponent_;