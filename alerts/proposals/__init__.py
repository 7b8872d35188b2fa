"""The proposal of a task force (Directive 7/CT-TTg, point 3.đ): its drafts, from what the incident shows. Pure."""
