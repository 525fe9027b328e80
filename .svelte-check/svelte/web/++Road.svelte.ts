///<reference types="svelte" />
;
/** The nine stages in the order in which data passes them, with what happened at each. */
import { count, fact } from './format.ts';
import type { StageView } from './page_model.ts';

;type $$ComponentProps =  { stages: readonly StageView[]; returned: number };function $$render() {

  
  
  

  const { stages, returned }:/*Ωignore_startΩ*/$$ComponentProps/*Ωignore_endΩ*/ = $props();
;
async () => {

 { svelteHTML.createElement("section", {   "class":`road`,"aria-labelledby":`road-title`,});
   { svelteHTML.createElement("div", { "class":`head`,});
     { svelteHTML.createElement("h2", { "id":`road-title`,});  }
     { svelteHTML.createElement("p", {});      { svelteHTML.createElement("b", {});  }       { svelteHTML.createElement("b", {});  }      { svelteHTML.createElement("b", {});  }     }
   }
   { svelteHTML.createElement("ol", {});
       for(let stage of __sveltets_2_ensureArray(stages)){stage.n;
      const [main, ...rest] = stage.facts;
       { svelteHTML.createElement("li", {  });stage.n >= 3 && stage.n <= 8;stage.drops.length > 0;
         { svelteHTML.createElement("div", {   "class":`station`,"aria-hidden":`true`,}); { svelteHTML.createElement("span", { "class":`dot`,});stage.n; } }
         { svelteHTML.createElement("div", { "class":`body`,});
           { svelteHTML.createElement("h3", {}); { svelteHTML.createElement("span", { "class":`hidden-visually`,}); stage.n;  }stage.name; }
          if(main){
             { svelteHTML.createElement("p", {   "class":`main`,"title":main.about,}); { svelteHTML.createElement("span", { "class":`value`,});fact(main); }  { svelteHTML.createElement("span", { "class":`label`,});main.label; } }
          }
           { svelteHTML.createElement("dl", {});
               for(let f of __sveltets_2_ensureArray(rest)){f.label;
               { svelteHTML.createElement("div", { "title":f.about,}); { svelteHTML.createElement("dt", {});f.label; } { svelteHTML.createElement("dd", {});fact(f); } }
            }
           }
             for(let drop of __sveltets_2_ensureArray(stage.drops)){drop.reason;
             { svelteHTML.createElement("p", { "class":`drop`,}); { svelteHTML.createElement("strong", {});count(drop.count);  } drop.about;  { svelteHTML.createElement("code", {});drop.reason; } }
          }
         }
       }
    }
   }
   { svelteHTML.createElement("p", {   "class":`return`,"aria-hidden":`true`,}); { svelteHTML.createElement("span", {});count(returned);      } }
 }


};
return { props: {} as any as $$ComponentProps, exports: {}, bindings: __sveltets_$$bindings(''), slots: {}, events: {} }}
const Road__SvelteComponent_ = __sveltets_2_fn_component($$render());
/*Ωignore_startΩ*/type Road__SvelteComponent_ = ReturnType<typeof Road__SvelteComponent_>;
/*Ωignore_endΩ*/export default Road__SvelteComponent_;