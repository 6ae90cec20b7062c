// How a page looks, on a screen by day and by night and on paper, and the script that tells the value under the pointer. Both are
// well-formed inside XML as they stand: neither has a sign that would have to be escaped.

enum PageLook {
    static let style = """
        :root{color-scheme:light dark;--page:#fff;--ink:#1a1d21;--soft:#59626d;--rule:#d5dae0;--faint:#edf0f3;--good:#00714f;
        --fair:#8a5300;--bad:#b3261e;--k0:#6b7480;--k1:#0072b2;--k2:#d55e00;--k3:#009e73;--k4:#b5548f;--k5:#7d6a00;
        --k6:#3d8fc4;
        --s1:#0b4f86;--s2:#4a93c9;--s3:#a9cfe8;--s4:#e3edf5;--band:#d55e0033}
        @media (prefers-color-scheme:dark){:root{--page:#14171a;--ink:#e7eaed;--soft:#a3adb8;--rule:#3a424b;--faint:#22272d;
        --good:#3ecf9f;--fair:#f0b24a;--bad:#ff8a80;--k0:#9aa4af;--k1:#62b8ee;--k2:#f2914a;--k3:#35c79b;--k4:#e09ac4;
        --k5:#d8c746;
        --k6:#a9d4f2;--s1:#2f7fbd;--s2:#6fb3e0;--s3:#b4d8ef;--s4:#e8f2f9;--band:#f2914a40}}
        *{box-sizing:border-box}
        body{margin:0 auto;padding:1.5rem 1rem 4rem;max-width:80rem;background:var(--page);color:var(--ink);
        font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:anywhere}
        h1{font-size:1.6rem;line-height:1.2;margin:0 0 .3rem}h2{font-size:1.2rem;margin:2.4rem 0 .6rem}
        h3{font-size:1rem;margin:1.4rem 0 .3rem}p{margin:.3rem 0}a{color:var(--k1)}
        .about,figcaption p,.legend{color:var(--soft);font-size:.87rem}.legend{white-space:pre-line;margin-top:.5rem}
        nav{margin:.8rem 0;font-size:.9rem}nav a{margin-right:1rem;white-space:nowrap}
        .verdict{border:1px solid var(--rule);border-radius:8px;padding:.4rem 1.1rem .9rem;margin:1rem 0}
        .badge{font-weight:600;font-size:1.05rem}.good{color:var(--good)}.fair{color:var(--fair)}.bad{color:var(--bad)}
        .sentence{font-size:1.05rem}.verdict ul{padding-left:1.2rem;margin:.5rem 0}.verdict li{margin:.2rem 0}
        .marks h3{margin:.8rem 0 0}.marks{font-size:.92rem}
        .scroll{overflow-x:auto;width:fit-content;max-width:100%;max-height:34rem;border:1px solid var(--rule);
        border-radius:6px}
        table{border-collapse:collapse;font-size:.87rem;font-variant-numeric:tabular-nums;overflow-wrap:normal}
        th,td{padding:.28rem .5rem;text-align:left;border-top:1px solid var(--faint)}td{white-space:nowrap}
        td[colspan]{white-space:normal}thead th{border-top:0;color:var(--soft);font-weight:600;vertical-align:bottom;
        background:var(--page);white-space:nowrap}tbody th{font-weight:500;white-space:nowrap}
        th.n,.n{text-align:right}.first{border-left:1px solid var(--rule)}tr :first-child{border-left:0}
        .groups th{padding-bottom:0;color:var(--ink)}
        .charts{columns:2 30rem;column-gap:2.5rem}
        figure{margin:0 0 1.8rem;break-inside:avoid}figure h3{margin-top:0}figure svg{width:100%;height:auto;max-width:34rem;
        display:block;margin-top:.5rem;overflow:visible}
        details{margin:.4rem 0}summary{cursor:pointer;color:var(--soft);font-size:.87rem}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.2rem;margin:0;font-size:.92rem}dt{color:var(--soft)}
        dd{margin:0}pre{background:var(--faint);border-radius:6px;padding:.8rem 1rem;margin:.4rem 0;overflow:auto;
        max-height:24rem;
        font:13px/1.45 ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;overflow-wrap:normal}
        .command{white-space:pre-wrap;overflow-wrap:anywhere}
        svg text{font:12.5px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;fill:var(--ink)}
        svg .t,svg .u{fill:var(--soft);font-size:12px}svg .m{text-anchor:middle}svg .e{text-anchor:end}svg .b{font-weight:600}
        svg text.b[class*=c]{fill:var(--c)}svg .x{fill:var(--bad);font-size:11px}
        .g{stroke:var(--faint)}.a{stroke:var(--soft)}.f{stroke:var(--rule);stroke-dasharray:2 2}.one{stroke:var(--ink)}
        .c0{--c:var(--k0)}.c1{--c:var(--k1)}.c2{--c:var(--k2)}.c3{--c:var(--k3)}.c4{--c:var(--k4)}.c5{--c:var(--k5)}
        .c6{--c:var(--k6)}
        svg text.b{--c:var(--ink)}svg text.c1{--c:var(--k1)}svg text.c2{--c:var(--k2)}svg text.c3{--c:var(--k3)}
        svg text.c4{--c:var(--k4)}svg text.c5{--c:var(--k5)}svg text.c6{--c:var(--k6)}
        .l{fill:none;stroke:var(--c);stroke-width:1.8;stroke-linejoin:round}.d2{stroke-dasharray:7 3}
        .d3{stroke-dasharray:2 2.5}
        .d4{stroke-dasharray:8 3 2 3}.v{stroke-dasharray:1 4;stroke-linecap:round}.i{stroke:var(--c);stroke-width:1.6}
        .p{fill:var(--c)}.h{fill:var(--page);stroke:var(--c);stroke-width:1.5}
        .s1{fill:var(--s1)}.s2{fill:var(--s2)}.s3{fill:var(--s3)}.s4{fill:var(--s4)}.s1,.s2,.s3,.s4{stroke:var(--soft);
        stroke-width:.6}
        .band{fill:var(--band)}.snap{fill:var(--k4)}
        .tip{position:fixed;z-index:1;pointer-events:none;background:var(--ink);color:var(--page);font-size:.8rem;
        padding:.2rem .5rem;
        border-radius:4px;max-width:18rem}
        @media (max-width:34rem){body{padding:1rem .8rem 3rem}.verdict{padding:.3rem .8rem .7rem}dl{grid-template-columns:1fr}
        dd{margin-bottom:.4rem}}
        @page{size:A4;margin:14mm}
        @media print{:root{color-scheme:light;--page:#fff;--ink:#000;--soft:#444;--rule:#bbb;--faint:#e6e6e6;--good:#00714f;
        --fair:#8a5300;--bad:#b3261e;--k0:#6b7480;--k1:#0072b2;--k2:#d55e00;--k3:#009e73;--k4:#b5548f;--k5:#7d6a00;
        --k6:#3d8fc4;
        --s1:#0b4f86;--s2:#4a93c9;--s3:#a9cfe8;--s4:#e3edf5;--band:#d55e0033}
        html{font-size:10px}body{font-size:10px;padding:0;max-width:none}h2{margin-top:1.4rem}
        nav,.tip{display:none}.scroll,pre{overflow:visible;max-height:none}table{font-size:8.5px}th,td{padding:.1rem .3rem}
        td,thead th{white-space:normal}pre{font-size:8.5px;white-space:pre-wrap}.charts{columns:2;column-gap:1.2rem}
        figure,tr,.verdict{break-inside:avoid}h2,h3{break-after:avoid}figure details:not([open]){display:none}
        *{print-color-adjust:exact}}
        """

    /// The nearest mark's words beside the pointer, in place of the browser's own, which come late and never on a touch.
    static let script = """
        "use strict";
        (() => {
          const tip = document.createElement("div");
          tip.className = "tip";
          tip.hidden = true;
          document.body.append(tip);
          const off = (low, high, at) => Math.max(low - at, 0, at - high);
          for (const chart of document.querySelectorAll("figure svg")) {
            const marks = Array.from(chart.querySelectorAll("title"), title => {
              const mark = { shape: title.parentNode, words: title.textContent };
              mark.handicap = mark.shape.classList.contains("band") ? 400 : 0;
              title.remove();
              return mark;
            });
            const tell = event => {
              let least = 900;
              tip.hidden = true;
              for (const mark of marks) {
                const box = mark.shape.getBoundingClientRect();
                const x = off(box.left, box.right, event.clientX);
                const y = off(box.top, box.bottom, event.clientY);
                const distance = x * x + y * y + mark.handicap;
                if (least > distance) {
                  least = distance;
                  tip.textContent = mark.words;
                  tip.hidden = false;
                }
              }
              if (tip.hidden) return;
              const width = tip.offsetWidth;
              tip.style.left = Math.max(4, Math.min(event.clientX + 12, innerWidth - width - 4)) + "px";
              tip.style.top = Math.max(4, event.clientY - tip.offsetHeight - 12) + "px";
            };
            chart.addEventListener("pointermove", tell);
            chart.addEventListener("pointerdown", tell);
            chart.addEventListener("pointerleave", () => { tip.hidden = true; });
          }
        })();
        """
}
