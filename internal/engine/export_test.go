package engine

// OutlineFrom is outlineFrom, which tests make smaller.
var OutlineFrom = &outlineFrom
