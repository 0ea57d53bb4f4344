use super::flaw::Flaw;
use minijinja::{
    machinery::{
        Token, WhitespaceConfig,
        ast::{BinOpKind, CallArg, Expr, Stmt},
        parse, tokenize,
    },
    syntax::SyntaxConfig,
};

/// The most times that texts are glued together in a template.
const MAX_GLUE: usize = 16;
/// The most words and signs of a tag: what is made of it is a tree as deep as that, at most.
const MAX_TAG: usize = 300;
/// The most blocks within each other.
const MAX_NESTING: usize = 20;

/// Looks through a template without running it.
///
/// # Errors
/// What is wrong with it: it cannot be read, or it uses what is not to be had here.
pub(super) fn check(source: &str) -> Result<(), Flaw> {
    check_shape(source)?;
    let tree =
        parse(source, "text", SyntaxConfig, WhitespaceConfig::default()).map_err(|error| Flaw::of(&error))?;
    let mut checker = Checker { glue: 0 };
    checker.statement(&tree)
}

/// Refuses what would be too deep a tree to be walked.
pub(super) fn check_shape(source: &str) -> Result<(), Flaw> {
    let (mut words, mut nesting, mut begins) = (0, 0_usize, false);
    for token in tokenize(source, false, SyntaxConfig, WhitespaceConfig::default()) {
        let (token, span) = token.map_err(|error| Flaw::of(&error))?;
        match token {
            Token::BlockStart | Token::VariableStart => words = 0,
            Token::Ident("if" | "for" | "with") if begins => nesting += 1,
            Token::Ident(word) if begins && word.starts_with("end") => nesting = nesting.saturating_sub(1),
            _ => words += 1,
        }
        begins = matches!(token, Token::BlockStart);
        if words > MAX_TAG {
            return Err(refused(
                span.start_line,
                "Split this into several tags: a tag can have at most 300 tokens.",
            ));
        }
        if nesting > MAX_NESTING {
            return Err(refused(span.start_line, "Nest blocks at most 20 deep."));
        }
    }
    Ok(())
}

/// Walks a template and refuses what could grow without bound.
struct Checker {
    glue: usize,
}

type Checked = Result<(), Flaw>;

impl Checker {
    fn statements(&mut self, all: &[Stmt<'_>]) -> Checked {
        all.iter().try_for_each(|one| self.statement(one))
    }

    fn statement(&mut self, statement: &Stmt<'_>) -> Checked {
        match statement {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitRaw(_) => Ok(()),
            Stmt::EmitExpr(emit) => self.expr(&emit.expr, false),
            Stmt::ForLoop(node) => {
                if node.recursive {
                    return Err(refused(node.span().start_line, "Recursive loops aren't supported."));
                }
                self.expr(&node.iter, true)?;
                node.filter_expr.as_ref().map_or(Ok(()), |expr| self.expr(expr, true))?;
                self.statements(&node.body)?;
                self.statements(&node.else_body)
            }
            Stmt::IfCond(node) => {
                self.expr(&node.expr, false)?;
                self.statements(&node.true_body)?;
                self.statements(&node.false_body)
            }
            Stmt::WithBlock(node) => {
                node.assignments.iter().try_for_each(|(_, expr)| self.expr(expr, true))?;
                self.statements(&node.body)
            }
            Stmt::Set(node) => self.expr(&node.expr, true),
            Stmt::SetBlock(node) => {
                Err(refused(node.span().start_line, "Blocks can't be assigned to a variable."))
            }
            Stmt::AutoEscape(node) => Err(refused(node.span().start_line, "Autoescape isn't supported.")),
            Stmt::FilterBlock(node) => {
                Err(refused(node.span().start_line, "Filter blocks aren't supported. Use filters on values."))
            }
            Stmt::Do(node) => {
                Err(refused(node.span().start_line, "The do tag isn't supported. Use an expression."))
            }
        }
    }

    /// An expression; `is_bound` when its value gets a name.
    fn expr(&mut self, expr: &Expr<'_>, is_bound: bool) -> Checked {
        let mut each = |all: &[&Expr<'_>]| all.iter().try_for_each(|one| self.expr(one, is_bound));
        match expr {
            Expr::Var(_) | Expr::Const(_) => Ok(()),
            Expr::UnaryOp(node) => each(&[&node.expr]),
            Expr::GetAttr(node) => each(&[&node.expr]),
            Expr::GetItem(node) => each(&[&node.expr, &node.subscript_expr]),
            Expr::Slice(node) => {
                each(&[&node.expr])?;
                [&node.start, &node.stop, &node.step]
                    .into_iter()
                    .flatten()
                    .try_for_each(|one| self.expr(one, is_bound))
            }
            Expr::Compare(node) => {
                each(&[&node.expr])?;
                node.ops.iter().try_for_each(|op| self.expr(&op.expr, is_bound))
            }
            Expr::IfExpr(node) => {
                each(&[&node.test_expr, &node.true_expr])?;
                node.false_expr.as_ref().map_or(Ok(()), |one| self.expr(one, is_bound))
            }
            Expr::BinOp(node) => {
                each(&[&node.left, &node.right])?;
                let is_numeric = numeric(&node.left) && numeric(&node.right);
                self.operator(node.op, is_numeric, is_bound, node.span().start_line)
            }
            Expr::Filter(node) => {
                node.expr.as_ref().map_or(Ok(()), |one| self.expr(one, is_bound))?;
                self.arguments(&node.args, is_bound)
            }
            Expr::Test(node) => {
                each(&[&node.expr])?;
                self.arguments(&node.args, is_bound)
            }
            Expr::Call(node) => match &node.expr {
                Expr::Var(name) if name.id == "range" => self.arguments(&node.args, is_bound),
                _ => Err(refused(node.span().start_line, "Only range() can be called.")),
            },
            Expr::List(node) => node.items.iter().try_for_each(|one| self.expr(one, is_bound)),
            Expr::Map(node) => {
                node.keys.iter().chain(&node.values).try_for_each(|one| self.expr(one, is_bound))
            }
        }
    }

    fn arguments(&mut self, arguments: &[CallArg<'_>], is_bound: bool) -> Checked {
        arguments.iter().try_for_each(|argument| match argument {
            CallArg::Pos(expr)
            | CallArg::Kwarg(_, expr)
            | CallArg::PosSplat(expr)
            | CallArg::KwargSplat(expr) => self.expr(expr, is_bound),
        })
    }

    fn operator(&mut self, op: BinOpKind, is_numeric: bool, is_bound: bool, line: u16) -> Checked {
        match op {
            BinOpKind::Mul if !is_numeric => {
                Err(refused(line, "Multiply numbers only: write (a | float) * (b | float)."))
            }
            BinOpKind::Concat | BinOpKind::Add if !is_numeric => {
                self.glue += 1;
                if is_bound {
                    Err(refused(line, "Join texts where they are printed, not where they are assigned."))
                } else if self.glue > MAX_GLUE {
                    Err(refused(line, "Print texts one after another instead of joining them."))
                } else {
                    Ok(())
                }
            }
            _ => Ok(()),
        }
    }
}

/// Whether an expression can only be a number.
fn numeric(expr: &Expr<'_>) -> bool {
    match expr {
        Expr::Const(node) => node.value.is_number(),
        Expr::UnaryOp(node) => numeric(&node.expr),
        Expr::BinOp(node) => numeric(&node.left) && numeric(&node.right),
        Expr::Filter(node) => ["int", "float", "length", "count"].contains(&node.name),
        Expr::GetAttr(node) => {
            let of_loop = matches!(&node.expr, Expr::Var(name) if name.id == "loop");
            of_loop && ["index", "index0", "revindex", "revindex0", "length", "depth"].contains(&node.name)
        }
        _ => false,
    }
}

fn refused(line: u16, message: &str) -> Flaw {
    Flaw { line: usize::from(line), message: message.to_owned() }
}
