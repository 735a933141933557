/** The one style sheet. Colours keep a contrast of at least 4.5 to 1 in both schemes. */
export const STYLE = `
:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }
body { margin: 0; }
main { max-width: 70rem; margin: 0 auto; padding: 1rem; }
main:focus { outline: none; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 1rem; padding: .5rem; background: Canvas; }
:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
label { display: block; }
input { font: inherit; padding: .4rem; width: 100%; max-width: 24rem; box-sizing: border-box; }
button { font: inherit; padding: .4rem 1rem; min-height: 2.75rem; }
.problem { border-left: .3rem solid; padding-left: .7rem; }
.scroll { overflow-x: auto; }
form + form, button + button { margin-left: .5rem; }
.done { border-left: .3rem solid Highlight; padding-left: .7rem; }
.small { font-size: .875rem; }
.cards { list-style: none; padding: 0; }
.cards > li { border: 1px solid GrayText; border-radius: .4rem; padding: .2rem 1rem 1rem; margin: .8rem 0; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: 1rem; }
.sides h4 { margin: 0; }
.value { white-space: pre-wrap; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: bold; padding: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem .4rem 0; border-top: 1px solid GrayText; }
td ul { margin: 0; padding-left: 1.2rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
dt { font-weight: bold; }
dd { margin: 0; }
`
