"""Keymaps ready to be chosen; `default` is what the tables of actions say."""

from collections.abc import Mapping

PRESETS: Mapping[str, Mapping[str, str]] = {
    "default": {},
    "vim": {
        "list.page_down": "ctrl+d,ctrl+f,pagedown",
        "list.page_up": "ctrl+u,ctrl+b,pageup",
        "pane.next": "tab,ctrl+w",
        "step.explain": "K,x",
        "run.plan": "ctrl+l,f5,ctrl+r",
    },
    "emacs": {
        "list.up": "up,ctrl+p,k",
        "list.down": "down,ctrl+n,j",
        "list.left": "left,ctrl+b,h",
        "list.right": "right,ctrl+f",
        "list.first": "home,alt+less_than_sign,g",
        "list.last": "end,alt+greater_than_sign,G",
        "list.page_down": "pagedown,ctrl+v,ctrl+d",
        "list.page_up": "pageup,alt+v,ctrl+u",
        "pane.next": "tab,alt+o",
        "view.filter": "ctrl+s,slash",
        "app.palette": "alt+x,colon",
        "app.copy": "alt+w,y",
        "filter.drop": "ctrl+g,escape",
        "dialog.close": "ctrl+g,escape,enter,q,space",
        "dialog.no": "ctrl+g,escape,n,q",
        "run.out": "ctrl+g,escape",
        "plan.no": "ctrl+g,escape,q",
        "ask.no": "ctrl+g,escape",
        "log.back": "ctrl+g,escape",
        **{
            f"{where}.back": "ctrl+g,escape"
            for where in ("runs", "files", "data", "models", "environments", "components", "asset", "computes")
        },
        "palette.close": "ctrl+g,escape",
    },
}
